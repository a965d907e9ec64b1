//! The user that the process runs as.

use std::fs;

/// The name of the effective user, when the system has these files and lists the user in them.
pub(super) fn user_name() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let users = fs::read_to_string("/etc/passwd").ok()?;
    name_of(effective_user(&status)?, &users).map(str::to_owned)
}

/// Source: `proc_pid_status(5)`: `Uid:` is followed by the real, the effective and two more ids.
fn effective_user(status: &str) -> Option<&str> {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().nth(1)
}

/// Source: `passwd(5)`: `name:password:id:…`.
fn name_of<'a>(id: &str, users: &'a str) -> Option<&'a str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)? == id).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::{effective_user, name_of};

    #[test]
    fn the_effective_user_is_the_second_id() {
        let status = "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t5\t5\t5\n";
        assert_eq!(effective_user(status), Some("1001"));
        assert_eq!(effective_user("Name:\tx\nUid:\t1\n"), None);
        assert_eq!(effective_user(""), None);
    }

    #[test]
    fn a_name_is_found_by_its_whole_id() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\n#x\nshop:x:1001:5::/:/bin/false\n:x:7:\n";
        assert_eq!(name_of("1001", users), Some("shop"));
        assert_eq!(name_of("0", users), Some("root"));
        assert_eq!(name_of("100", users), None);
        assert_eq!(name_of("7", users), None);
    }
}
