# The checks of this project. `.ci/run` holds each of them once; `just ci` is what runs on a change.

# Lists the recipes.
default:
    @just --list

# The fast ones, for while you work.
check: fmt clippy test

# Everything, as on a change.
ci:
    .ci/run

# Formats, and applies what clippy can fix by itself.
fix:
    cargo fmt --all
    cargo clippy --workspace --all-targets --all-features --fix --allow-dirty --allow-staged

fmt:
    .ci/run fmt

# No manifest has an unknown key, and the lock file is up to date.
manifests:
    .ci/run manifests

# The default features, all features, and none.
clippy:
    .ci/run clippy

# What `docs/lints` gives to other projects makes errors of what it should.
lints:
    .ci/run lints

# The command of README.md.
test:
    .ci/run test

# Every example, to its end.
examples:
    .ci/run examples

# Each feature alone.
features:
    .ci/run features

doc:
    .ci/run doc

# Licenses, sources and duplicates of the dependencies.
deny:
    .ci/run deny

# Known vulnerabilities of the dependencies. Asks the network, so it runs on a schedule.
advisories:
    .ci/run advisories

# Against real peers, which are built first.
e2e:
    .ci/run e2e

# Windows and macOS: the library compiles there.
targets:
    .ci/run targets

# The unsafe code under Miri.
miri:
    .ci/run miri

bench:
    cargo bench --all-features
