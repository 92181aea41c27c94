#!/usr/bin/env bash
# Checks compose.yaml and k8s/ without a cluster: every overlay is built, its objects held against Kubernetes' own schemas
# (strict) and the policies of checkov and scripts/pod-security.py; compose.yaml is read as docker compose reads it.
# Fetches what it needs by go and pip into target/deploy-tools, once. SOTTO_DEPLOY_TOOLS names another folder.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${SOTTO_DEPLOY_TOOLS:-$PWD/target/deploy-tools}
kubernetes=v1.34.0
mkdir -p "$tools/bin"
[ -x "$tools/bin/kustomize" ] || GOBIN=$tools/bin go install sigs.k8s.io/kustomize/kustomize/v5@v5.5.0
[ -x "$tools/bin/kubeconform" ] || GOBIN=$tools/bin go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
[ -x "$tools/venv/bin/kubernetes-validate" ] ||
  { python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install -q kubernetes-validate==1.37.0; }
[ -x "$tools/checkov/bin/checkov" ] || { python3 -m venv "$tools/checkov" && "$tools/checkov/bin/pip" install -q checkov==3.3.30; }
# What docker compose itself reads its files with: merges and schema. DeployFilesTest looks at the names in it.
[ -x "$tools/bin/compose" ] ||
  { GOBIN=$tools/bin go install github.com/compose-spec/compose-go/v2/cmd@v2.4.7 && mv "$tools/bin/cmd" "$tools/bin/compose"; }
schemas=$tools/schemas-$kubernetes
if [ ! -d "$schemas" ]; then
  package=$("$tools/venv/bin/python" -c 'import kubernetes_validate, os; print(os.path.dirname(kubernetes_validate.__file__))')
  mkdir "$schemas.new"
  cp "$package/kubernetes-json-schema/$kubernetes-local-strict"/*.json "$schemas.new/"
  # They name each other by an address of that package's own.
  sed -i -e 's|"/api/_definitions.json|"_definitions.json|g' -e 's|"\$id": "https|"x-id": "https|' "$schemas.new"/*.json
  mv "$schemas.new" "$schemas"
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for folder in k8s/overlays/dev k8s/overlays/prod k8s/overlays/gpu k8s/migrate; do
  name=$(basename "$folder")
  "$tools/bin/kustomize" build "$folder" >"$out/$name.yaml"
  echo "$folder: $(grep -c '^kind:' "$out/$name.yaml") objects"
  # KEDA's kind is not Kubernetes' own: DeployFilesTest looks at it.
  "$tools/bin/kubeconform" -strict -summary -skip ScaledObject \
    -schema-location "$schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$out/$name.yaml"
  "$tools/venv/bin/python" scripts/pod-security.py "$out/$name.yaml"
done
# A check that cannot fail is none: each of these makes one thing wrong.
wrongs=('s/runAsNonRoot: true/runAsNonRoot: false/' 's/allowPrivilegeEscalation: false/allowPrivilegeEscalation: true/'
  's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/' 's/type: RuntimeDefault/type: Unconfined/' 's/- ALL/- KILL/'
  's/automountServiceAccountToken: false/automountServiceAccountToken: true/' 's/emptyDir:/hostPath:/'
  's/podSelector: {}/podSelector: {matchLabels: {a: b}}/' 's/enforce: restricted/enforce: baseline/')
for wrong in "${wrongs[@]}"; do
  sed "$wrong" "$out/dev.yaml" >"$out/wrong"
  status=0
  said=$("$tools/venv/bin/python" scripts/pod-security.py "$out/wrong") || status=$?
  [ "$status" = 1 ] && [ -n "$said" ] || { echo "check-deploy: pod-security.py does not see $wrong" >&2; exit 1; }
done
echo "pod-security.py: ${#wrongs[@]} faults put in, all found"
# What checkov has for restricted, probes, limits and networks. Left out: images by digest (CKV_K8S_43), which need a registry first.
"$tools/checkov/bin/checkov" --quiet --compact --skip-download --framework kubernetes --directory "$out" \
  --check CKV_K8S_1,CKV_K8S_2,CKV_K8S_3,CKV_K8S_4,CKV_K8S_5,CKV_K8S_6,CKV_K8S_8,CKV_K8S_9,CKV_K8S_10,CKV_K8S_11,CKV_K8S_12,CKV_K8S_13,CKV_K8S_14,CKV_K8S_16,CKV_K8S_17,CKV_K8S_18,CKV_K8S_19,CKV_K8S_20,CKV_K8S_21,CKV_K8S_22,CKV_K8S_23,CKV_K8S_25,CKV_K8S_26,CKV_K8S_27,CKV_K8S_28,CKV_K8S_29,CKV_K8S_30,CKV_K8S_31,CKV_K8S_35,CKV_K8S_37,CKV_K8S_38,CKV_K8S_39,CKV_K8S_40,CKV2_K8S_6
echo "checkov: passed"
"$tools/bin/compose" compose.yaml >"$out/compose"
for wrong in 's/condition: service_healthy/condition: well/' 's/read_only: true/readonly: true/'; do
  sed "$wrong" compose.yaml >"$out/wrong"
  if "$tools/bin/compose" "$out/wrong" >/dev/null 2>&1; then
    echo "check-deploy: nobody sees $wrong in compose.yaml" >&2
    exit 1
  fi
done
echo "compose.yaml: $(grep -c '^        image: ' "$out/compose") services, valid"
