//! Which folder is the process's cgroup. Pure.
//!
//! Source: `cgroups(7)`, "/proc files"; `proc_pid_mountinfo(5)`.

use crate::memory::sources::text;

/// A hierarchy of cgroups.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hierarchy {
    /// Version 1, with this controller.
    Controller(&'static str),
    /// Version 2.
    Unified,
}

/// A part of a hierarchy that is mounted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Mount {
    /// The cgroup at the mount point, by its path in the hierarchy.
    pub(super) root: String,
    pub(super) point: String,
}

/// The path of the process in a hierarchy, from the text of `/proc/self/cgroup`.
pub(super) fn path_in(cgroup: &[u8], hierarchy: Hierarchy) -> Option<String> {
    text::lines(cgroup).find_map(|line| {
        // The path may hold colons.
        let mut fields = line.splitn(3, |byte| *byte == b':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let is_it = match hierarchy {
            Hierarchy::Unified => id == b"0" && controllers.is_empty(),
            Hierarchy::Controller(name) => has_member(controllers, name),
        };
        let path = std::str::from_utf8(path).ok().filter(|path| path.starts_with('/'))?;
        is_it.then(|| path.to_owned())
    })
}

/// Where a hierarchy is mounted, from the text of `/proc/self/mountinfo`.
pub(super) fn mounts(mountinfo: &[u8], hierarchy: Hierarchy) -> Vec<Mount> {
    text::lines(mountinfo).filter_map(|line| mount(line, hierarchy)).collect()
}

fn mount(line: &[u8], hierarchy: Hierarchy) -> Option<Mount> {
    let fields: Vec<_> = text::words(line).collect();
    // Optional fields end with a dash.
    let dash = fields.iter().skip(FIELDS_BEFORE_OPTIONAL).position(|field| *field == b"-")?;
    let behind = fields.get(FIELDS_BEFORE_OPTIONAL.checked_add(dash)?..)?;
    let [_dash, kind, _source, options, ..] = *behind else { return None };
    let is_it = match hierarchy {
        Hierarchy::Unified => kind == b"cgroup2",
        Hierarchy::Controller(name) => kind == b"cgroup" && has_member(options, name),
    };
    if !is_it {
        return None;
    }
    let [_id, _parent, _device, root, point, ..] = *fields.as_slice() else { return None };
    Some(Mount { root: unescaped(root)?, point: unescaped(point)? })
}

/// The path below a mount point. `None`: the cgroup lies elsewhere in the hierarchy, where this
/// mount does not reach.
pub(super) fn below<'a>(mount: &Mount, path: &'a str) -> Option<&'a str> {
    let goes_up = |path: &str| path.split('/').any(|part| part == "..");
    if goes_up(path) || goes_up(&mount.root) {
        return None;
    }
    let rest = path.strip_prefix(mount.root.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
}

fn has_member(list: &[u8], name: &str) -> bool {
    list.split(|byte| *byte == b',').any(|member| member == name.as_bytes())
}

/// Blanks, line breaks and backslashes stand as a backslash and three octal digits.
fn unescaped(field: &[u8]) -> Option<String> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, behind @ ..] = rest {
        let digits = (*first == b'\\').then(|| behind.first_chunk::<3>()).flatten();
        if let Some(byte) = digits.and_then(|digits| octal(*digits)) {
            plain.push(byte);
            rest = behind.get(3..).unwrap_or_default();
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(plain).ok()
}

fn octal(digits: [u8; 3]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}

/// Id, parent, device, root, mount point and options come before the optional fields.
const FIELDS_BEFORE_OPTIONAL: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Hierarchy = Hierarchy::Controller("memory");

    #[test]
    fn a_process_is_in_one_place_of_each_hierarchy() {
        let text = b"12:cpu,cpuacct:/a\n4:memory:/b:c d\n1:name=systemd:/e\n0::/f\n";
        assert_eq!(path_in(text, MEMORY).as_deref(), Some("/b:c d"));
        assert_eq!(path_in(text, Hierarchy::Controller("cpuacct")).as_deref(), Some("/a"));
        assert_eq!(path_in(text, Hierarchy::Unified).as_deref(), Some("/f"));
        assert_eq!(path_in(b"0::/f\n", MEMORY), None);
        assert_eq!(path_in(b"4:memory:/b\n", Hierarchy::Unified), None);
        for garbage in [&b""[..], b"4:memory", b"4:memory:relative", b"4:memory:/\xff", b":::"] {
            assert_eq!(path_in(garbage, MEMORY), None, "{garbage:?}");
        }
    }

    #[test]
    fn mounts_are_told_apart_by_kind_and_controller() {
        let text = b"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
            36 31 0:33 /docker/x /sys/fs/cgroup/cpu rw shared:1 master:2 - cgroup cgroup rw,cpu\n\
            41 31 0:38 /a\\040b /mnt/c\\134d rw,relatime - cgroup2 cgroup2 rw,memory_recursiveprot\n\
            short - line\n42 31 0:39 / /x rw - ext4 /dev/memory rw,memory\n";
        let found = |hierarchy| {
            let mounts = mounts(text, hierarchy);
            mounts.into_iter().map(|mount| (mount.root, mount.point)).collect::<Vec<_>>()
        };
        let pair = |root: &str, point: &str| (root.to_owned(), point.to_owned());
        assert_eq!(found(MEMORY), [pair("/", "/sys/fs/cgroup/memory")]);
        assert_eq!(found(Hierarchy::Controller("cpu")), [pair("/docker/x", "/sys/fs/cgroup/cpu")]);
        assert_eq!(found(Hierarchy::Unified), [pair("/a b", "/mnt/c\\d")]);
    }

    #[test]
    fn only_what_lies_below_the_mounted_root_is_reached() {
        for (root, path, expected) in [
            ("/", "/", Some("")),
            ("/", "/a/b", Some("a/b")),
            ("/a", "/a", Some("")),
            ("/a", "/a/b", Some("b")),
            ("/a", "/ab", None),
            ("/a", "/", None),
            ("/a/b", "/a", None),
            ("/", "/../b", None),
            ("/..", "/", None),
        ] {
            let mount = Mount { root: root.to_owned(), point: "/m".to_owned() };
            assert_eq!(below(&mount, path), expected, "{path} below {root}");
        }
    }
}
