{{/*
Variables of a container: ours, the way out, then the user's, who may replace any of ours by name. In: dict root, settings, c, v, outgoing.
*/}}
{{- define "kso.env" -}}
{{- $entries := list -}}
{{- range $name, $value := .c.env | default dict -}}
{{- $entries = append $entries (dict "name" $name "value" ($value | toString)) -}}
{{- end -}}
{{- range .c.secretEnv | default list -}}
{{- $entries = append $entries (dict "name" .name "valueFrom" (dict "secretKeyRef" (dict "name" .secret "key" .key))) -}}
{{- end -}}
{{- if not .c.foreign -}}
{{- $entries = concat $entries (list
      (dict "name" "KS_LOGGER_LEVEL" "value" (.root.Values.logger.level | default "info"))
      (dict "name" "KS_LOGGER_NAME" "value" (.root.Values.logger.name | default "zap"))) -}}
{{- with include "kso.oldSpace" (dict "root" .root "values" .v "floor" (.c.floor | default 0)) -}}
{{- $entries = append $entries (dict "name" "NODE_OPTIONS" "value" (printf "--max-old-space-size=%s" .)) -}}
{{- end -}}
{{- if and .settings.telemetry (ne .c.telemetry false) -}}
{{- $entries = append $entries (dict "name" "OTEL_COLLECTOR_SVC" "value" .settings.telemetry) -}}
{{- end -}}
{{- with .c.redis -}}
{{- $entries = append $entries (dict "name" (printf "%s_REDIS_ADDRESS" .) "value" $.settings.redisAddress) -}}
{{- if $.settings.redisSecret -}}
{{- $entries = append $entries (dict "name" (printf "%s_REDIS_PASSWORD_FILE" .) "value" "/etc/redis-auth/password") -}}
{{- end -}}
{{- with dig "redis" "external" "username" "" (include "kso.values" $.root | fromJson) -}}
{{- if dig "redis" "external" "address" "" (include "kso.values" $.root | fromJson) -}}
{{- $entries = append $entries (dict "name" (printf "%s_REDIS_USERNAME" $.c.redis) "value" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $entries = concat $entries .outgoing.env -}}
{{- $given := include "kso.userEnv" .v.env | fromYamlArray -}}
{{- $replaced := list -}}
{{- range $given -}}{{- $replaced = append $replaced .name -}}{{- end -}}
{{- $kept := list -}}
{{- range $entries -}}{{- if not (has .name $replaced) -}}{{- $kept = append $kept . -}}{{- end -}}{{- end -}}
{{- with concat $kept $given }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat (.c.envFrom | default list) (.v.envFrom | default list) }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* env as a list, or as a map of text or of objects with valueFrom → a list. */}}
{{- define "kso.userEnv" -}}
{{- $entries := list -}}
{{- if kindIs "map" . -}}
{{- range $name, $value := . -}}
{{- if kindIs "map" $value -}}{{- $entries = append $entries (merge (dict "name" $name) $value) -}}
{{- else -}}{{- $entries = append $entries (dict "name" $name "value" (default "" $value | toString)) -}}{{- end -}}
{{- end -}}
{{- else -}}
{{- range . | default list -}}
{{- if hasKey . "valueFrom" -}}{{- $entries = append $entries . -}}
{{- else -}}{{- $entries = append $entries (dict "name" .name "value" (default "" .value | toString)) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end -}}

{{/* "true" when the component shows a token to one that asks for it. */}}
{{- define "kso.showsToken" -}}
{{- if or .c.kubevulnToken (and .c.operatorToken (has "operatorAuth" .settings.features)) (and .c.gatewayToken (has "gatewayAuth" .settings.features)) -}}true{{- end -}}
{{- end -}}

{{/* Where a client of operator, gateway or kubevuln finds its token, which the kubelet renews. */}}
{{- define "kso.tokenFile" -}}
/var/run/secrets/kubescape-operator/token
{{- end -}}

{{/* Mounts that follow from what a component uses. */}}
{{- define "kso.commonMounts" -}}
{{- $mounts := list -}}
{{- if not .c.foreign -}}{{- $mounts = append $mounts (dict "name" "tmp" "mountPath" "/tmp") -}}{{- end -}}
{{- if .c.cloudConfig -}}{{- $mounts = append $mounts (dict "name" "config" "mountPath" "/etc/config" "readOnly" true) -}}{{- end -}}
{{- if and .c.credentials .settings.credentialsSecret -}}{{- $mounts = append $mounts (dict "name" "credentials" "mountPath" "/etc/credentials" "readOnly" true) -}}{{- end -}}
{{- if include "kso.showsToken" . -}}{{- $mounts = append $mounts (dict "name" "operator-token" "mountPath" (dir (include "kso.tokenFile" .)) "readOnly" true) -}}{{- end -}}
{{- if and .c.redis .settings.redisSecret -}}{{- $mounts = append $mounts (dict "name" "redis-auth" "mountPath" "/etc/redis-auth" "readOnly" true) -}}{{- end -}}
{{- with .c.data -}}{{- $mounts = append $mounts (dict "name" "data" "mountPath" .path) -}}{{- end -}}
{{- toYaml $mounts -}}
{{- end -}}

{{/* ConfigMaps are mounted as folders, so that a change arrives in a running pod; all of a component's are one projected folder. */}}
{{- define "kso.commonVolumes" -}}
{{- $volumes := list -}}
{{- if not .c.foreign -}}{{- $volumes = append $volumes (dict "name" "tmp" "emptyDir" (dict "sizeLimit" (.c.tmpSize | default "64Mi"))) -}}{{- end -}}
{{- if .c.cloudConfig -}}
{{- $sources := list -}}
{{- range $name, $keys := .c.cloudConfig -}}
{{- $items := list -}}
{{- range $key, $path := $keys -}}{{- $items = append $items (dict "key" $key "path" $path) -}}{{- end -}}
{{- $sources = append $sources (dict "configMap" (dict "name" $name "items" $items)) -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" "config" "projected" (dict "defaultMode" 420 "sources" $sources)) -}}
{{- end -}}
{{- if and .c.credentials .settings.credentialsSecret -}}
{{- $volumes = append $volumes (dict "name" "credentials" "secret" (dict "secretName" .settings.credentialsSecret "defaultMode" 288 "items" (list (dict "key" "account" "path" "account") (dict "key" "accessKey" "path" "accessKey")))) -}}
{{- end -}}
{{- if include "kso.showsToken" . -}}
{{- $token := dict "audience" "kubescape-operator" "expirationSeconds" 3600 "path" (base (include "kso.tokenFile" .)) -}}
{{- $volumes = append $volumes (dict "name" "operator-token" "projected" (dict "defaultMode" 420 "sources" (list (dict "serviceAccountToken" $token)))) -}}
{{- end -}}
{{- if and .c.redis .settings.redisSecret -}}
{{- $volumes = append $volumes (dict "name" "redis-auth" "secret" (dict "secretName" .settings.redisSecret "defaultMode" 288 "items" (list (dict "key" .settings.redisSecretKey "path" "password")))) -}}
{{- end -}}
{{- with .c.data -}}
{{- if .template -}}
{{- else if and $.settings.persistence .claim -}}
{{- $volumes = append $volumes (dict "name" "data" "persistentVolumeClaim" (dict "claimName" .claim)) -}}
{{- else -}}
{{- $volumes = append $volumes (dict "name" "data" "emptyDir" (dict "sizeLimit" .size)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $volumes -}}
{{- end -}}

{{/* One checksum for each ConfigMap and Secret of this chart that the pod mounts, over its data and nothing else (chart.md 2.4). */}}
{{- define "kso.checksums" -}}
{{- $sums := dict -}}
{{- $context := dict "root" .root "settings" .settings -}}
{{- range $name, $_ := .c.cloudConfig | default dict -}}
{{- $key := get $.c.checksums $name -}}
{{- $_ := set $sums (printf "checksum/%s" $name) (include $key $context | sha256sum) -}}
{{- end -}}
{{- if and .c.credentials (eq .settings.credentialsOrigin "values") -}}
{{- $_ := set $sums "checksum/cloud-secret" (printf "%s/%s" .settings.account .settings.accessKey | sha256sum) -}}
{{- end -}}
{{- with .root.Values.global.proxySecretFile -}}{{- if not $.c.foreign -}}{{- $_ := set $sums "checksum/proxy-ca" (sha256sum .) -}}{{- end -}}{{- end -}}
{{- if and .root.Values.global.overrideDefaultCaCertificates.enabled (not .c.foreign) -}}
{{- $_ := set $sums "checksum/custom-ca" (sha256sum .root.Values.global.overrideDefaultCaCertificates.caCertificates) -}}
{{- end -}}
{{- toYaml $sums -}}
{{- end -}}
