# The command `beacon`, for its demo service.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p beacon-cli --bin beacon

FROM debian:bookworm-slim
COPY --from=build /src/target/release/beacon /usr/local/bin/beacon
USER 10001
ENTRYPOINT ["beacon"]
