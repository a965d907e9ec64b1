//! Systems laid out as files: the right limit, or a clear word that it is not known.

mod fake;

use super::*;
use crate::memory::snapshot::MemoryLimit;
use crate::memory::sources::cgroup::tests::fake::FakeSystem;

const MIB: u64 = 1 << 20;
/// The mounts of a machine with all controllers in version 2, and of one with both versions.
const UNIFIED: &str = "40 30 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";
const HYBRID: &str = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
    33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
    41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

fn unknown(state: LimitState) -> MemoryLimit {
    MemoryLimit::Unknown { reason: state.reason() }
}

#[test]
fn version_2_in_a_container_of_its_own_namespace() {
    let system = FakeSystem::new("0::/\n", UNIFIED);
    system.v2("", &(512 * MIB).to_string(), 300 * MIB, 44 * MIB);
    let events = "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n";
    let pressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.00 total=66\n";
    system
        .with("sys/fs/cgroup/memory.high", "419430400\n")
        .with("sys/fs/cgroup/memory.events", events)
        .with("sys/fs/cgroup/memory.pressure", pressure)
        .with("sys/fs/cgroup/cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\n");
    let readings = system.check(MemoryLimit::Bytes(512 * MIB));
    for (reading, value) in [
        (Reading::CgroupUsageBytes, 300 * MIB),
        (Reading::CgroupWorkingSetBytes, 256 * MIB),
        (Reading::CgroupHeadroomBytes, 256 * MIB),
        (Reading::CgroupUtilizationBillionths, 500_000_000),
        (Reading::CgroupHighBytes, 400 * MIB),
        (Reading::CgroupRssBytes, 7),
        (Reading::CgroupMajorFaults, 3),
        (Reading::CgroupMinorFaults, 47),
        (Reading::CgroupEventsLow, 1),
        (Reading::CgroupEventsHigh, 2),
        (Reading::CgroupEventsMax, 3),
        (Reading::CgroupEventsOom, 4),
        (Reading::CgroupEventsOomKill, 5),
        (Reading::CgroupPressureSomeMicros, 77),
        (Reading::CgroupPressureFullMicros, 66),
        (Reading::CgroupUserMicros, 20),
        (Reading::CgroupSystemMicros, 10),
    ] {
        assert_eq!(readings.get(reading), Some(value), "{reading:?}");
    }
}

#[test]
fn the_smallest_limit_on_the_way_out_counts_wherever_it_stands() {
    for (inner, middle, outer, expected) in [
        ("max", "max", "max", MemoryLimit::Unlimited),
        ("100", "max", "max", MemoryLimit::Bytes(100)),
        ("max", "100", "max", MemoryLimit::Bytes(100)),
        ("max", "max", "100", MemoryLimit::Bytes(100)),
        ("300", "200", "100", MemoryLimit::Bytes(100)),
        ("100", "200", "300", MemoryLimit::Bytes(100)),
        ("200", "100", "300", MemoryLimit::Bytes(100)),
    ] {
        let system = FakeSystem::new("0::/a/b/c\n", UNIFIED);
        system.v2("a/b/c", inner, 10, 0).v2("a/b", middle, 20, 0).v2("a", outer, 30, 0);
        // The root of version 2 has no limit.
        system.with("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        let readings = system.check(expected);
        assert_eq!(readings.get(Reading::CgroupUsageBytes), Some(10));
    }
}

#[test]
fn what_others_use_of_a_common_limit_is_not_left() {
    let system = FakeSystem::new("0::/slice/mine\n", UNIFIED);
    system.v2("slice/mine", "1000", 100, 0).v2("slice", "500", 450, 50);
    let readings = system.check(MemoryLimit::Bytes(500));
    assert_eq!(readings.get(Reading::CgroupHeadroomBytes), Some(100));
    assert_eq!(readings.get(Reading::CgroupUtilizationBillionths), Some(800_000_000));
    assert_eq!(readings.get(Reading::CgroupWorkingSetBytes), Some(100));
}

#[test]
fn where_memory_is_not_counted_the_cgroup_around_counts() {
    let system = FakeSystem::new("0::/a/b\n", UNIFIED);
    system.v2("a", "100", 30, 0).with("sys/fs/cgroup/a/b/cgroup.procs", "1\n");
    let readings = system.check(MemoryLimit::Bytes(100));
    assert_eq!(readings.get(Reading::CgroupUsageBytes), Some(30));
}

#[test]
fn the_root_of_version_2_has_no_limit() {
    let system = FakeSystem::new("0::/\n", UNIFIED);
    system.with("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    system.check(MemoryLimit::Unlimited);
}

#[test]
fn version_1_writes_a_number_where_there_is_no_limit() {
    let none = "9223372036854771712";
    for (own, hierarchical, expected) in [
        (none, none, MemoryLimit::Unlimited),
        ("9223372036854710272", "9223372036854710272", MemoryLimit::Unlimited),
        ("9223372036854775807", none, MemoryLimit::Unlimited),
        ("18446744073709551615", none, MemoryLimit::Unlimited),
        ("536870912", "536870912", MemoryLimit::Bytes(512 * MIB)),
    ] {
        let system = FakeSystem::new("4:memory:/svc\n1:name=systemd:/svc\n0::/svc\n", HYBRID);
        system.v1("svc", own, 5000, hierarchical).v1("", none, 9000, none);
        let readings = system.check(expected);
        assert_eq!(readings.get(Reading::CgroupUsageBytes), Some(5000));
        assert_eq!(readings.get(Reading::CgroupWorkingSetBytes), Some(4000));
        assert_eq!(readings.get(Reading::CgroupRssBytes), Some(8));
        assert_eq!(readings.get(Reading::CgroupMinorFaults), Some(56));
    }
}

#[test]
fn version_1_without_a_namespace_mounts_the_container_alone() {
    let mountinfo = "35 31 0:32 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    let system = FakeSystem::new("4:memory:/docker/x\n", mountinfo);
    system.v1("", "1000000", 5000, "1000000");
    system.with("sys/fs/cgroup/memory/memory.oom_control", "under_oom 0\noom_kill 2\n");
    let readings = system.check(MemoryLimit::Bytes(1_000_000));
    assert_eq!(readings.get(Reading::CgroupHeadroomBytes), Some(996_000));
    assert_eq!(readings.get(Reading::CgroupEventsOomKill), Some(2));
    assert_eq!(readings.get(Reading::CgroupEventsMax), None);
}

#[test]
fn version_1_counts_upwards_only_where_it_was_told_to() {
    let none = "9223372036854771712";
    for (flag, expected) in [("1\n", MemoryLimit::Bytes(100)), ("0\n", MemoryLimit::Unlimited)] {
        let system = FakeSystem::new("4:memory:/a/b\n", HYBRID);
        system.v1("a/b", none, 50, none).v1("a", "100", 60, none);
        system.with("sys/fs/cgroup/memory/a/memory.use_hierarchy", flag);
        system.check(expected);
    }
}

#[test]
fn version_1_tells_of_limits_that_cannot_be_seen() {
    let system = FakeSystem::new("4:memory:/a\n", HYBRID);
    system.v1("a", "9223372036854771712", 5000, "8000");
    let readings = system.read();
    assert_eq!(readings.get(Reading::CgroupLimitBytes), Some(8000));
    // Who else counts against it is not known.
    assert_eq!(readings.get(Reading::CgroupHeadroomBytes), None);
}

#[test]
fn with_both_versions_the_one_that_names_memory_counts() {
    let system = FakeSystem::new("4:memory:/svc\n2:cpu,cpuacct:/svc\n0::/svc\n", HYBRID);
    system.v1("svc", "1000", 500, "1000");
    system
        .with("sys/fs/cgroup/unified/svc/memory.max", "1\n")
        .with("sys/fs/cgroup/unified/svc/cpu.stat", "user_usec 1\nsystem_usec 1\n")
        .with("sys/fs/cgroup/cpu,cpuacct/svc/cpuacct.stat", "user 250\nsystem 50\n");
    let readings = system.check(MemoryLimit::Bytes(1000));
    assert_eq!(
        readings.get(Reading::CgroupUserMicros),
        crate::memory::sources::clocks::ticks_to_micros(250)
    );
}

#[test]
fn processor_time_of_another_group_of_processes_is_not_the_containers() {
    let system = FakeSystem::new("4:memory:/svc\n2:cpu,cpuacct:/\n0::/\n", HYBRID);
    system.v1("svc", "1000", 500, "1000");
    system.with("sys/fs/cgroup/cpu,cpuacct/cpuacct.stat", "user 250\nsystem 50\n");
    let readings = system.check(MemoryLimit::Bytes(1000));
    assert_eq!(readings.get(Reading::CgroupUserMicros), None);
}

#[test]
fn a_hybrid_system_without_a_controller_for_memory() {
    let system = FakeSystem::new("1:name=systemd:/svc\n0::/svc\n", HYBRID);
    system.with("sys/fs/cgroup/unified/svc/cgroup.procs", "1\n");
    system.with("sys/fs/cgroup/unified/cgroup.controllers", "cpu\n");
    system.check(unknown(LimitState::NoController));
}

#[test]
fn what_cannot_be_found_is_said() {
    let cases = [
        ("1:name=systemd:/\n", UNIFIED, LimitState::NoController),
        ("", UNIFIED, LimitState::NoController),
        ("garbage\n", "garbage\n", LimitState::NoController),
        ("0::/a\n", "", LimitState::NotMounted),
        ("4:memory:/a\n", UNIFIED, LimitState::NotMounted),
        // Moved out of the namespace, or mounted from outside of it.
        ("0::/../b\n", UNIFIED, LimitState::Hidden),
        ("0::/\n", "40 30 0:38 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", LimitState::Hidden),
        ("0::/gone\n", UNIFIED, LimitState::Hidden),
        ("0::/ab\n", "40 30 0:38 /a /sys/fs/cgroup rw - cgroup2 c rw\n", LimitState::Hidden),
    ];
    for (membership, mountinfo, state) in cases {
        let system = FakeSystem::new(membership, mountinfo);
        // A limit that is not the process's must not be taken for it.
        system.v2("", "4711", 1, 0);
        system.check(unknown(state));
    }
    let system = FakeSystem::new("0::/\n", UNIFIED);
    system.remove("proc/self/cgroup").check(unknown(LimitState::NoCgroup));
    system.unreadable("proc/self/cgroup").check(unknown(LimitState::Unreadable));
}

#[test]
fn a_file_that_holds_no_number_makes_the_limit_unknown() {
    for garbage in ["", "\n", "-1\n", "12abc\n", "1 2\n", "512M\n", "99999999999999999999\n"] {
        for at in ["a/b", "a"] {
            let system = FakeSystem::new("0::/a/b\n", UNIFIED);
            system.v2("a/b", "100", 10, 0).v2("a", "200", 10, 0);
            system.with(&format!("sys/fs/cgroup/{at}/memory.max"), garbage);
            let readings = system.check(unknown(LimitState::Garbage));
            assert_eq!(readings.get(Reading::CgroupUsageBytes), Some(10), "{garbage:?} at {at}");
            let mut readings = Readings::unknown();
            let outcome = system.cgroup().read(&mut readings);
            assert_eq!(outcome, Err(FailureReason::Garbage));
        }
    }
    let system = FakeSystem::new("4:memory:/a\n", HYBRID);
    system.v1("a", "none", 10, "100");
    system.check(unknown(LimitState::Garbage));
}

#[test]
fn a_file_that_cannot_be_read_makes_the_limit_unknown() {
    for at in ["a/b", "a"] {
        let system = FakeSystem::new("0::/a/b\n", UNIFIED);
        system.v2("a/b", "100", 10, 0).v2("a", "200", 10, 0);
        system.unreadable(&format!("sys/fs/cgroup/{at}/memory.max"));
        system.check(unknown(LimitState::Unreadable));
    }
    let system = FakeSystem::new("0::/a\n", UNIFIED);
    system.v2("a", "100", 10, 0).remove("sys/fs/cgroup/a/memory.max");
    system.check(unknown(LimitState::Unreadable));
}

#[test]
fn without_its_parts_there_is_no_working_set_and_nothing_that_hangs_on_it() {
    let system = FakeSystem::new("0::/a\n", UNIFIED);
    system.v2("a", "100", 10, 0).with("sys/fs/cgroup/a/memory.stat", "anon 1\n");
    let readings = system.check(MemoryLimit::Bytes(100));
    assert_eq!(readings.get(Reading::CgroupWorkingSetBytes), None);
    assert_eq!(readings.get(Reading::CgroupHeadroomBytes), None);
    assert_eq!(readings.get(Reading::CgroupUtilizationBillionths), None);
}

#[test]
fn a_usage_that_is_no_number_is_counted_and_leaves_the_limit() {
    let system = FakeSystem::new("0::/a\n", UNIFIED);
    system.v2("a", "100", 10, 0).with("sys/fs/cgroup/a/memory.current", "many\n");
    let readings = system.check(MemoryLimit::Bytes(100));
    assert_eq!(readings.get(Reading::CgroupUsageBytes), None);
    assert_eq!(readings.get(Reading::CgroupHeadroomBytes), None);
    let outcome = system.cgroup().read(&mut Readings::unknown());
    assert_eq!(outcome, Err(FailureReason::Garbage));
}

#[test]
fn a_limit_of_zero_and_a_usage_above_the_limit_are_no_accidents() {
    for (max, current) in [("0", 10), ("5", 10)] {
        let system = FakeSystem::new("0::/a\n", UNIFIED);
        system.v2("a", max, current, 0);
        let readings = system.check(MemoryLimit::Bytes(max.parse().unwrap()));
        assert_eq!(readings.get(Reading::CgroupHeadroomBytes), Some(0));
    }
}

#[test]
fn a_process_that_is_moved_is_found_again_and_a_new_limit_is_seen() {
    let system = FakeSystem::new("0::/a\n", UNIFIED);
    system.v2("a", "100", 10, 0).v2("b", "200", 20, 0);
    let mut cgroup = system.cgroup();
    let mut limit = || {
        let mut readings = Readings::unknown();
        cgroup.read(&mut readings).unwrap();
        readings.get(Reading::CgroupLimitBytes)
    };
    assert_eq!(limit(), Some(100));
    system.with("sys/fs/cgroup/a/memory.max", "150\n");
    assert_eq!(limit(), Some(150));
    system.with("proc/self/cgroup", "0::/b\n");
    assert_eq!(limit(), Some(200));
}

#[test]
fn what_was_not_mounted_at_first_is_found_later() {
    let system = FakeSystem::new("0::/a\n", "");
    system.v2("a", "100", 10, 0);
    let mut cgroup = system.cgroup();
    let mut read = || {
        let mut readings = Readings::unknown();
        cgroup.read(&mut readings).unwrap();
        readings.get(Reading::CgroupLimitBytes)
    };
    assert_eq!(read(), None);
    system.with("proc/self/mountinfo", UNIFIED);
    let found = (0..=LOOK_AGAIN_AFTER).find_map(|_| read());
    assert_eq!(found, Some(100));
}
