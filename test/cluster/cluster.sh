#!/bin/bash
# A real Kubernetes cluster of one node, from plain programs, in a network namespace of its own.
#   cluster.sh up        starts it: etcd, control plane, registry, containerd, kubelet, kube-proxy, DNS
#   cluster.sh exec CMD  runs a command on the node: in its network, with KUBECONFIG, KSO_NODE_IP and KSO_REGISTRY set
#   cluster.sh push IMAGE NAME   puts an image of buildah's storage into its registry
#   cluster.sh down      ends it and removes everything it made
# Root on Linux. Programs are found on PATH; KSO_CLUSTER_DIR is where its state is (default /tmp/kso-cluster), one cluster at a time.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
state=${KSO_CLUSTER_DIR:-/tmp/kso-cluster}
namespace=kso-cluster
node_ip=10.99.0.1
dns_ip=10.96.0.10
# What pods and the node call the registry: the node by a mirror entry, pods by DNS, both over plain HTTP.
registry=registry.kt:5000

# nsenter, not `ip netns exec`: that one hides the cgroup mounts.
inside() { nsenter --net="/var/run/netns/$namespace" -- "$@"; }
kubectl_() { inside kubectl --kubeconfig "$state/admin.kubeconfig" "$@"; }

# start NAME CMD…  runs a program in the background; its log and process id are kept under its name.
start() {
  local name=$1
  shift
  nsenter --net="/var/run/netns/$namespace" -- setsid "$@" >"$state/log/$name.log" 2>&1 </dev/null &
  echo $! >"$state/pid/$name"
}

# await CMD…  repeats a command until it succeeds, for a minute at most.
await() {
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  echo "did not become ready: $*; logs are in $state/log" >&2
  return 1
}

make_network() {
  ip netns add "$namespace"
  inside ip link set lo up
  # There is no dummy device everywhere; a bridge without members does the same.
  inside ip link add kso0 type bridge
  inside ip addr add "$node_ip/24" dev kso0
  inside ip link set kso0 up
  inside ip route add default dev kso0
  inside bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

make_credentials() {
  cd "$state/pki"
  {
    openssl genrsa -out accounts.key 2048
    openssl rsa -in accounts.key -pubout -out accounts.pub
    openssl req -x509 -newkey rsa:2048 -nodes -keyout front-ca.key -out front-ca.crt -days 2 -subj /CN=front-proxy-ca
    openssl req -newkey rsa:2048 -nodes -keyout front.key -out front.csr -subj /CN=front-proxy-client
    openssl x509 -req -in front.csr -CA front-ca.crt -CAkey front-ca.key -CAcreateserial -out front.crt -days 2
    openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 -subj /CN=kube-apiserver \
      -addext "subjectAltName=IP:$node_ip,IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  } 2>/dev/null
  local token
  token=$(openssl rand -hex 16)
  (umask 077 && echo "$token,admin,admin,\"system:masters\"" >tokens.csv)
  cd "$state"
  (umask 077 && cat >admin.kubeconfig) <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: kso, cluster: {server: "https://$node_ip:6443", certificate-authority: $state/pki/server.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: kso, context: {cluster: kso, user: admin}}]
current-context: kso
KUBECONFIG
}

start_control_plane() {
  start etcd etcd --data-dir "$state/etcd" --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster default=http://127.0.0.1:2380
  # The front-proxy flags are for aggregated APIs; InternalIP is how the kubelet's logs are reached.
  start apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --secure-port=6443 --bind-address=0.0.0.0 --advertise-address=$node_ip \
    --tls-cert-file=pki/server.crt --tls-private-key-file=pki/server.key \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=pki/accounts.pub --service-account-signing-key-file=pki/accounts.key \
    --token-auth-file=pki/tokens.csv --authorization-mode=Node,RBAC \
    --service-cluster-ip-range=10.96.0.0/16 --allow-privileged=true \
    --requestheader-client-ca-file=pki/front-ca.crt --requestheader-allowed-names=front-proxy-client \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
    --requestheader-username-headers=X-Remote-User \
    --proxy-client-cert-file=pki/front.crt --proxy-client-key-file=pki/front.key \
    --kubelet-preferred-address-types=InternalIP
  await kubectl_ get --raw /readyz
  start controllers kube-controller-manager --kubeconfig=admin.kubeconfig \
    --service-account-private-key-file=pki/accounts.key --root-ca-file=pki/server.crt \
    --leader-elect=false --use-service-account-credentials=true --allocate-node-cidrs=false
  start scheduler kube-scheduler --kubeconfig=admin.kubeconfig --leader-elect=false
}

start_registry() {
  cat >registry.yaml <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $state/registry}, delete: {enabled: true}}
http: {addr: "0.0.0.0:5000"}
YAML
  start registry docker-registry serve registry.yaml
  await inside bash -c ': </dev/tcp/127.0.0.1/5000'
}

write_node_settings() {
  # Without CAP_SYS_RESOURCE a sandbox cannot get a lower OOM score: restrict_oom_score_adj lets it be.
  cat >containerd.toml <<TOML
version = 2
root = "$state/containerd"
state = "$state/containerd-state"
[grpc]
  address = "$state/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "$registry/pause:1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/cni"
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."$registry"]
    endpoint = ["http://127.0.0.1:5000"]
  # One that asks for a login, started by the test that wants it.
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."${registry%:*}:5003"]
    endpoint = ["http://127.0.0.1:5003"]
TOML
  cat >cni/10-kso.conflist <<'JSON'
{"cniVersion": "0.4.0", "name": "kso", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
  # containerd 1.x and hosts with cgroup v1 are still about.
  cat >kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$namespace
enforceNodeAllocatable: []
containerRuntimeEndpoint: unix://$state/containerd.sock
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: $node_ip
healthzPort: 0
readOnlyPort: 0
failSwapOn: false
clusterDNS: [$dns_ip]
clusterDomain: cluster.local
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 99
YAML
}

make_cgroups() {
  local folder file
  for folder in /sys/fs/cgroup/*/; do
    if [ -e "$folder/tasks" ]; then mkdir -p "$folder/$namespace"; fi
  done
  if [ -e /sys/fs/cgroup/cpuset/cpuset.cpus ]; then
    for file in cpus mems; do
      cat "/sys/fs/cgroup/cpuset/cpuset.$file" >"/sys/fs/cgroup/cpuset/$namespace/cpuset.$file"
    done
  fi
}

start_node() {
  write_node_settings
  make_cgroups
  start containerd containerd -c containerd.toml
  await test -S containerd.sock
  start kubelet kubelet --config=kubelet.yaml --kubeconfig=admin.kubeconfig --root-dir="$state/kubelet" \
    --hostname-override=kso --node-ip=$node_ip
  start proxy kube-proxy --kubeconfig=admin.kubeconfig --hostname-override=kso --proxy-mode=iptables \
    --cluster-cidr=10.244.0.0/16 --conntrack-max-per-core=0 --healthz-bind-address=127.0.0.1:10256
  await kubectl_ wait --for=condition=Ready node/kso --timeout=1s
  # Pods are refused before their account exists.
  await kubectl_ get serviceaccount default
}

start_dns() {
  kubectl_ apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {clusterIP: $dns_ip, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
ports: [{name: dns, port: 1053, protocol: UDP}, {name: dns-tcp, port: 1053, protocol: TCP}]
endpoints: [{addresses: [$node_ip]}]
YAML
  cat >Corefile <<COREFILE
.:1053 {
  errors
  hosts {
    $node_ip ${registry%:*}
    fallthrough
  }
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $state/admin.kubeconfig kso
  }
  cache 5
}
COREFILE
  start dns coredns -conf Corefile
}

# Storage for claims without a class. Local volumes, because the kubelet gives those to the group of a pod, as a cloud's.
make_volumes() {
  local number folder
  # A volume that was used is not used again.
  for number in $(seq 60); do
    folder=$state/volumes/$number
    mkdir -p "$folder"
    cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local-$number}
spec:
  capacity: {storage: 100Gi}
  accessModes: [ReadWriteOnce]
  local: {path: $folder}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [kso]}]}]}}
YAML
  done | kubectl_ apply -f - >/dev/null
}

make_pause_image() {
  local folder container
  folder=$(mktemp -d)
  CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$folder/pause" "$here/pause/main.go"
  container=$(buildah from scratch)
  buildah add -q "$container" "$folder" / >/dev/null
  buildah config --entrypoint '["/pause"]' "$container"
  buildah commit -q --rm "$container" localhost/kso-pause >/dev/null
  rm -rf "$folder"
  push localhost/kso-pause pause:1
}

push() { inside buildah push -q --tls-verify=false "$1" "docker://127.0.0.1:5000/$2"; }

up() {
  [ ! -e "/var/run/netns/$namespace" ] || { echo "a cluster is up already: $0 down" >&2; exit 1; }
  mkdir -p "$state"/{log,pid,pki,cni,etcd}
  pod_networks >"$state/networks-before"
  make_network
  make_credentials
  start_control_plane
  start_registry
  make_pause_image
  start_node
  make_volumes
  start_dns
}

# stop NAME…
stop() {
  local name
  for name in "$@"; do
    if [ -e "$state/pid/$name" ]; then kill "$(cat "$state/pid/$name")" 2>/dev/null || true; fi
  done
}

stop_programs() {
  local pid
  stop dns proxy kubelet registry
  sleep 1
  # All that is left in this network namespace is ours: the control plane, containerd and its shims.
  for signal in TERM KILL; do
    for pid in $(ip netns pids "$namespace" 2>/dev/null); do kill -$signal "$pid" 2>/dev/null || true; done
    sleep 1
  done
  # Processes of pods have networks of their own; one whose shim was killed is nobody's child any more.
  for pid in $(find /sys/fs/cgroup -path "*/$namespace/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un); do
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# The network namespaces that containerd made for pods, of whatever cluster.
pod_networks() { ip netns list | grep -o '^cni-[^ ]*' | sort || true; }

down() {
  # They would make new pods in the place of those that go.
  stop controllers scheduler
  if [ -e "$state/admin.kubeconfig" ]; then
    kubectl_ delete pods -A --all --grace-period=1 --wait=true --timeout=30s >/dev/null 2>&1 || true
  fi
  local name
  stop_programs
  grep -o " $state[^ ]*" /proc/mounts | tac | xargs -r -n1 umount -l 2>/dev/null || true
  if [ -e "$state/networks-before" ]; then
    for name in $(pod_networks | comm -13 "$state/networks-before" -); do ip netns del "$name" 2>/dev/null || true; done
  fi
  ip netns del "$namespace" 2>/dev/null || true
  rm -rf "$state"
}

# Debian keeps some programs where only root's PATH looks.
PATH=$PATH:/usr/sbin:/sbin
case ${1:-} in
  up) up ;;
  down) down ;;
  push) push "$2" "$3" ;;
  exec)
    shift
    inside env KUBECONFIG="$state/admin.kubeconfig" KSO_NODE_IP=$node_ip KSO_REGISTRY=$registry "$@"
    ;;
  *)
    sed -n '2,7s/^# \?//p' "$0"
    exit 2
    ;;
esac
