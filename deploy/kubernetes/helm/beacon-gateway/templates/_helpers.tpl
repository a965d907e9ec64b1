{{- define "beacon.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Of one tier. Takes a dictionary of root and tier. */}}
{{- define "beacon.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .tier }}
{{- end }}

{{- define "beacon.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* 80 % of a limit such as 512Mi or 4Gi, in MiB. */}}
{{- define "beacon.gomemlimit" -}}
{{- if hasSuffix "Gi" . -}}
{{ div (mul (trimSuffix "Gi" . | int) 1024 80) 100 }}MiB
{{- else -}}
{{ div (mul (trimSuffix "Mi" . | int) 80) 100 }}MiB
{{- end -}}
{{- end }}

{{/* What both tiers' pods have in common. Takes a dictionary of root and tier. */}}
{{- define "beacon.pod" -}}
automountServiceAccountToken: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "beacon.selector" $ | nindent 8 }}
  {{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What both tiers' containers have in common. */}}
{{- define "beacon.container" -}}
image: {{ include "beacon.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
ports:
  - name: otlp-grpc
    containerPort: 4317
  - name: otlp-http
    containerPort: 4318
  - name: metrics
    containerPort: 8888
livenessProbe:
  httpGet:
    path: /
    port: 13133
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /
    port: 13133
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Variables of both tiers. Takes a dictionary of root and memory. */}}
{{- define "beacon.env" -}}
- name: COLLECTOR_HOST
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: GOMEMLIMIT
  value: {{ include "beacon.gomemlimit" .memory }}
{{- end }}
