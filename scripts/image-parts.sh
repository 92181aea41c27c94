#!/usr/bin/env bash
# Lays out in OUT what the image is made of, one folder a layer: image-parts.sh OUT. Needs a build (scripts/build.sh or
# mvn package); the same input gives the same files with the same times, so that a layer which did not change is not shipped again.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: image-parts.sh OUT}
lib=verticles/node/target/lib
home=/opt/sotto
jdk=$(scripts/find-jdk.sh)
modules=java.se,jdk.crypto.cryptoki,jdk.jcmd,jdk.jfr,jdk.localedata,jdk.management,jdk.naming.dns,jdk.unsupported,jdk.zipfs
ls "$lib"/sotto-node-*.jar >/dev/null 2>&1 || { echo "image-parts: $lib is empty; run scripts/build.sh first" >&2; exit 1; }
mkdir -p "$out"
# the Java machine, kept while the JDK is the same: it takes longest
if ! cmp -s "$jdk/release" "$out/jdk-release"; then
  rm -rf "$out/runtime" "$out/jdk-release"
  "$jdk/bin/jlink" --add-modules "$modules" --include-locales en --strip-java-debug-attributes \
    --no-header-files --no-man-pages --generate-cds-archive --output "$out/runtime" >/dev/null
  cp "$jdk/release" "$out/jdk-release"
fi
rm -rf "$out"/{libraries,models,product,writable,launcher}
mkdir -p "$out"/{libraries/lib/app,models,product/{bin,lib/app,conf,cluster-config},writable,launcher/in}
for jar in "$lib"/*.jar; do
  case $(basename "$jar") in
    sotto-*) cp "$jar" "$out/product/lib/app/" ;;
    *) cp "$jar" "$out/libraries/lib/app/" ;;
  esac
done
cp -R models/. "$out/models/"
cp conf/sotto.yaml conf/logback.xml "$out/product/conf/"
cp cluster-config/*.yaml "$out/product/cluster-config/"
cp LICENSE THIRD_PARTY.md verticles/node/target/sotto.cdx.json "$out/product/"
# a native program named sotto that starts the Java machine in its own process: no shell, and signals reach the node
cp "$lib"/sotto-node-*.jar "$out/launcher/in/main.jar"
"$jdk/bin/jpackage" --type app-image --name sotto --input "$out/launcher/in" --main-jar main.jar \
  --main-class io.sotto.node.Main --runtime-image "$out/runtime" --dest "$out/launcher" >/dev/null
cp "$out/launcher/sotto/bin/sotto" "$out/product/bin/"
cp "$out/launcher/sotto/lib/libapplauncher.so" "$out/product/lib/"
rm -rf "$out/launcher"
{
  echo "[Application]"
  echo "app.mainclass=io.sotto.node.Main"
  for jar in "$lib"/*.jar; do echo "app.classpath=\$APPDIR/$(basename "$jar")"; done
  echo "[JavaOptions]"
  { grep -v '^#' conf/java.options
    echo "-Dsotto.home=$home"
    echo "-Dlogback.configurationFile=$home/conf/logback.xml"
    echo "-Dio.netty.native.workdir=/var/cache/sotto"
    echo "-XX:MaxRAMPercentage=40"
  } | sed 's/^/java-options=/'
} >"$out/product/lib/app/sotto.cfg"
chmod -R a+rX,go-w "$out"
find "$out" -exec touch --no-dereference --date "@${SOURCE_DATE_EPOCH:-1763942400}" {} +
