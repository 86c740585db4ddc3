{{/*
The queue. Its only user may do everything with the password's hash from an ACL file, which an init container writes: the password itself is on
no command line and in no environment of Redis.
*/}}
{{- define "kso.component.redis" -}}
{{- $v := .root.Values.redis -}}
{{- $data := include "kso.data" (dict "root" .root "key" "redis" "claim" "data" "path" "/data") | fromYaml -}}
{{- $template := and .settings.persistence $data.claim (not $data.existing) -}}
{{- $limit := dig "limits" "memory" "" ($v.resources | default dict) -}}
key: redis
component: redis
kind: StatefulSet
foreign: {{ $v.image | toJson }}
user: 999
command: [redis-server]
args:
  - --port
  - {{ $v.service.targetPort | quote }}
  - --protected-mode
  - "no"
  - --aclfile
  - /etc/redis-acl/users.acl
  - --dir
  - /data
  - --appendonly
  - "yes"
  - --appendfsync
  - everysec
  - --save
  - ""
  # A queue must refuse work rather than forget it.
  - --maxmemory-policy
  - noeviction
  {{- /* Below the limit of the container, or the kernel ends it first: a rewrite of the file and buffers of clients need the rest. */}}
  {{- with $limit }}
  - --maxmemory
  - {{ printf "%dmb" (max 1 (mulf (include "kso.mebibytes" . | float64) 0.6 | floor | int)) }}
  {{- end }}
ports:
  redis: {{ $v.service.targetPort }}
probePort: redis
services:
  - name: {{ $v.name }}
    type: {{ $v.service.type }}
    annotations: {{ $v.service.annotations | default dict | toJson }}
    ports:
      - {name: redis, port: {{ $v.service.port }}, targetPort: redis}
data:
  {{- toYaml (merge (dict "template" $template) $data) | nindent 2 }}
{{- if $template }}
# What stands in volumeClaimTemplates cannot be changed later: nothing that people change in passing is in it.
claimTemplates:
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ ternary "Retain" "Delete" .root.Values.persistence.keep }}
    whenScaled: Retain
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
        labels:
          {{- include "kso.selectorLabels" (list .root "redis") | nindent 10 }}
      spec:
        {{- include "kso.claimSpec" (dict "root" .root "size" $data.size "storageClass" $data.storageClass) | nindent 8 }}
        volumeMode: Filesystem
{{- end }}
mounts:
  - {name: acl, mountPath: /etc/redis-acl, readOnly: true}
  - {name: tmp, mountPath: /tmp}
volumes:
  - {name: acl, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: tmp, emptyDir: {sizeLimit: 16Mi}}
  - name: redis-auth
    secret:
      secretName: {{ .settings.redisSecret | quote }}
      defaultMode: 288
      items:
        - {key: {{ .settings.redisSecretKey | quote }}, path: password}
initContainers:
  - name: acl
    {{- include "kso.ownImage" (dict "root" .root) | nindent 4 }}
    args: [lifecycle, redis-acl, --password-file, /etc/redis-auth/password, --out, /etc/redis-acl/users.acl]
    securityContext:
      {{- include "kso.containerSecurity" dict | nindent 6 }}
    resources:
      requests: {cpu: 10m, memory: 64Mi}
      limits: {cpu: 500m, memory: 128Mi}
    volumeMounts:
      - {name: acl, mountPath: /etc/redis-acl}
      - {name: redis-auth, mountPath: /etc/redis-auth, readOnly: true}
      - {name: tmp, mountPath: /tmp}
{{- end -}}
