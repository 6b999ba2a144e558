# docker build -t aftermatch .
# Needs BuildKit (`DOCKER_BUILDKIT=1` if it is not the default).

# The official images, or equivalent ones (`--build-arg`).
ARG RUST_IMAGE=rust:1.95-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM $RUST_IMAGE AS build
RUN command -v musl-gcc || { apt-get update && apt-get install -y --no-install-recommends musl-tools; }
RUN ! command -v rustup || rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /src
COPY . .
# Compiled dependencies stay in caches, outside the image. Cargo detects changes by the age
# of files, and another checkout may have older files, so `touch` makes it compile all but
# the dependencies again.
#
# The C library is in the program, which runs on any Linux of this processor. It is musl:
# glibc loads parts of itself all the same to look up names, and crashes where they are of
# another version.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && target=$(uname -m)-unknown-linux-musl \
    && CARGO_PROFILE_RELEASE_STRIP=symbols \
        cargo build --release --locked --package aftermatch --target "$target" \
    && install -D --mode=755 "target/$target/release/aftermatch" /out/aftermatch
# The root certificates, for a database with TLS, if the image has them.
RUN install -d /out/certs && { cp /etc/ssl/certs/ca-certificates.crt /out/certs/ || true; }

# The program alone: docker build --target program --output DIRECTORY .
FROM scratch AS program
COPY --from=build /out/aftermatch /

FROM $BASE_IMAGE
COPY --from=build /out/aftermatch /usr/local/bin/aftermatch
COPY --from=build /out/certs/ /etc/ssl/certs/
# What the program is made of, if deploy/package has written it down.
COPY LICENSE target/package/aftermatch.cdx.json* /usr/share/doc/aftermatch/
# A number, so that a "not root" policy can check it. The user owns no files.
USER 10001:10001
ENV CHAT_LISTEN=0.0.0.0:8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["aftermatch", "health"]
ENTRYPOINT ["aftermatch"]
CMD ["serve"]
