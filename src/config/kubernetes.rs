//! Variables by which a pod's manifest hands down facts about the pod.

/// One attribute of the resource and the variables that may hold it, best first.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodRow {
    pub(super) attribute: &'static str,
    pub(super) variables: &'static [&'static str],
}

/// Source: semantic conventions, resource/k8s; kubernetes.io, "Expose Pod Information to
/// Containers Through Environment Variables" for the spellings without `K8S_`.
pub(super) static POD_ROWS: &[PodRow] = &[
    PodRow { attribute: "k8s.pod.name", variables: &["K8S_POD_NAME", "POD_NAME"] },
    PodRow { attribute: "k8s.pod.uid", variables: &["K8S_POD_UID", "POD_UID"] },
    PodRow { attribute: "k8s.namespace.name", variables: &["K8S_NAMESPACE_NAME", "POD_NAMESPACE"] },
    PodRow { attribute: "k8s.node.name", variables: &["K8S_NODE_NAME", "NODE_NAME"] },
    PodRow { attribute: "k8s.container.name", variables: &["K8S_CONTAINER_NAME"] },
    PodRow { attribute: "k8s.deployment.name", variables: &["K8S_DEPLOYMENT_NAME"] },
];
