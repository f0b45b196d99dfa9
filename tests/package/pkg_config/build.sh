#!/bin/sh
# build.sh COMPILER PREFIX FOLDER TLS: builds and runs the consumer with what pkg-config says, nothing else.
set -eu
compiler=$1 prefix=$2 folder=$3 tls=$4
PKG_CONFIG_PATH=$(find "$prefix" -type d -name pkgconfig)
export PKG_CONFIG_PATH
modules=brood consumer=consumer
if pkg-config --exists brood-http; then modules="brood-http brood"; fi
if [ "$tls" = ON ]; then modules=brood-https consumer=secure_consumer; fi  # the others come with it
mkdir -p "$folder"
# shellcheck disable=SC2046,SC2086  # the flags are words
"$compiler" -std=c++20 "$(dirname "$0")/../$consumer.cpp" -o "$folder/consumer" $(pkg-config --cflags --libs $modules)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir brood) "$folder/consumer"
