# docker build -t aftermatch .
# Needs BuildKit (`DOCKER_BUILDKIT=1` if it is not the default).

# The official images, or equivalent ones (`--build-arg`).
ARG RUST_IMAGE=rust:1.95-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM $RUST_IMAGE AS build
WORKDIR /src
COPY . .
# Compiled dependencies stay in caches, outside the image. Cargo detects changes by the age
# of files, and another checkout may have older files, so `touch` makes it compile all but
# the dependencies again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    find . -path ./target -prune -o -type f -exec touch {} + \
    && cargo build --release --locked --package aftermatch \
    && install -D --mode=755 target/release/aftermatch /out/aftermatch
# The root certificates, for a database with TLS, if the image has them.
RUN install -d /out/certs && { cp /etc/ssl/certs/ca-certificates.crt /out/certs/ || true; }

FROM $BASE_IMAGE
COPY --from=build /out/aftermatch /usr/local/bin/aftermatch
COPY --from=build /out/certs/ /etc/ssl/certs/
# A number, so that a "not root" policy can check it. The user owns no files.
USER 10001:10001
ENV CHAT_LISTEN=0.0.0.0:8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["aftermatch", "health"]
ENTRYPOINT ["aftermatch"]
CMD ["serve"]
