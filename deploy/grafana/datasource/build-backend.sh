#!/bin/sh
# Builds the back end of the data source into dist/, for this machine or for the platforms that are named:
#
#   ./build-backend.sh
#   ./build-backend.sh linux/amd64 linux/arm64 darwin/arm64 windows/amd64
#
# The same sources and the same Go give the same bytes, wherever they are built.
set -eu
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "Go is not installed: the back end needs Go 1.26.5 or newer" >&2; exit 1; }
[ $# -gt 0 ] || set -- "$(go env GOOS)/$(go env GOARCH)"
for platform; do
	system=${platform%/*} machine=${platform#*/} suffix=
	[ "$system" != windows ] || suffix=.exe
	CGO_ENABLED=0 GOOS=$system GOARCH=$machine go build -trimpath -buildvcs=false -ldflags '-s -w -buildid=' \
		-o "dist/gpx_logstore_${system}_$machine$suffix" ./pkg
done
