{{/*
How a pod reaches the outside: proxy and certificate authorities, the same for every component, job and template (B40).
In: root. Returns YAML with `env`, `mounts`, `volumes`.
*/}}
{{- define "kso.outgoing" -}}
{{- $g := .Values.global -}}
{{- $env := list -}}
{{- $mounts := list -}}
{{- $volumes := list -}}
{{- $proxy := $g.httpsProxy | default "" -}}
{{- if or $proxy $g.httpProxy -}}
{{- $plain := $g.httpProxy | default $proxy -}}
{{- $noProxy := include "kso.noProxy" . -}}
{{- if $proxy -}}
{{- $env = concat $env (list (dict "name" "HTTPS_PROXY" "value" $proxy) (dict "name" "https_proxy" "value" $proxy)) -}}
{{- end -}}
{{- $env = concat $env (list
      (dict "name" "HTTP_PROXY" "value" $plain) (dict "name" "http_proxy" "value" $plain)
      (dict "name" "NO_PROXY" "value" $noProxy) (dict "name" "no_proxy" "value" $noProxy)
      (dict "name" "NODE_USE_ENV_PROXY" "value" "1")) -}}
{{- end -}}
{{- $authorities := list -}}
{{- if $g.overrideDefaultCaCertificates.enabled -}}
{{- $file := "/etc/ssl/certs/ca-certificates.crt" -}}
{{- $authorities = append $authorities $file -}}
{{- $volumes = append $volumes (dict "name" "custom-ca" "secret" (dict "secretName" "custom-ca-certificates" "defaultMode" 292)) -}}
{{- $mounts = append $mounts (dict "name" "custom-ca" "mountPath" $file "subPath" "ca-certificates.crt" "readOnly" true) -}}
{{- $env = append $env (dict "name" "SSL_CERT_FILE" "value" $file) -}}
{{- end -}}
{{- if $g.proxySecretFile -}}
{{- $folder := "/etc/ssl/proxy-ca" -}}
{{- $authorities = append $authorities (printf "%s/proxy.crt" $folder) -}}
{{- $volumes = append $volumes (dict "name" "proxy-ca" "secret" (dict "secretName" $g.proxySecretName "defaultMode" 292)) -}}
{{- $mounts = append $mounts (dict "name" "proxy-ca" "mountPath" $folder "readOnly" true) -}}
{{- end -}}
{{- if $g.extraCaCertificates.enabled -}}
{{- $folder := "/etc/ssl/extra-ca" -}}
{{- $authorities = append $authorities $folder -}}
{{- $volumes = append $volumes (dict "name" "extra-ca" "secret" (dict "secretName" $g.extraCaCertificates.secretName "defaultMode" 292)) -}}
{{- $mounts = append $mounts (dict "name" "extra-ca" "mountPath" $folder "readOnly" true) -}}
{{- end -}}
{{- if $authorities -}}
{{- $env = append $env (dict "name" "KSO_CA_FILE" "value" (join ":" $authorities)) -}}
{{- $first := first $authorities -}}
{{- if hasSuffix ".crt" $first -}}{{- $env = append $env (dict "name" "NODE_EXTRA_CA_CERTS" "value" $first) -}}{{- end -}}
{{- end -}}
{{- dict "env" $env "mounts" $mounts "volumes" $volumes | toYaml -}}
{{- end -}}

{{/* What is never sent through the proxy: every Service of the release, the API server by name and by address, and what the user adds. */}}
{{- define "kso.noProxy" -}}
{{- $s := include "kso.settings" . | fromYaml -}}
{{- $hosts := list "localhost" "127.0.0.1" "$(KUBERNETES_SERVICE_HOST)" "kubernetes.default.svc" ".svc" ".cluster.local" -}}
{{- range include "kso.serviceNames" . | fromYamlArray -}}
{{- $hosts = append $hosts . -}}
{{- $hosts = append $hosts (printf "%s.%s" . $.Release.Namespace) -}}
{{- end -}}
{{- $hosts = append $hosts ($s.redisAddress | splitList ":" | first) -}}
{{- with .Values.global.noProxy -}}{{- $hosts = append $hosts . -}}{{- end -}}
{{- $hosts | uniq | join "," -}}
{{- end -}}

{{/* Names of the Services a release may have, as a YAML list: also those of switched-off components, so that a switch restarts nothing else. */}}
{{- define "kso.serviceNames" -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- $names := list -}}
{{- range $key, $name := dict "operator" "operator" "gateway" "gateway" "kubescape" "kubescape" "kubevuln" "kubevuln" "cloudEndpoint" "cloud-endpoint" "redis" "redis" "otelCollector" "otel-collector" "grypeOfflineDB" "grype-offline-db" -}}
{{- $names = append $names (dig $key "name" $name $v) -}}
{{- end -}}
{{- $names | sortAlpha | toYaml -}}
{{- end -}}
