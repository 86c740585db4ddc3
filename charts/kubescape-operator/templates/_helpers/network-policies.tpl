{{/* Our own services, of which each sends telemetry and serves probes and metrics. */}}
{{- define "kso.ownServices" -}}
[operator, gateway, kubescape, kubevuln, kubevuln-worker, kollector, inventory, cloud-endpoint, suite]
{{- end -}}

{{/*
Who talks to whom (docs/reference/chart-network.md): each line is one allowed edge, `from` and `to` are components, the port is that of the container.
Both sides' policies are made of this one table, so they always agree. Peers that are no component: apiserver, internet, metadata.
*/}}
{{- define "kso.edges" -}}
{{- $v := .root.Values -}}
{{- $s := .settings -}}
{{- $suite := $s.compact -}}
{{- $operator := ternary "suite" "operator" $suite -}}
{{- $operatorPort := ternary 4002 ($v.operator.service.targetPort | int) $suite -}}
{{- range list "kubescape-scheduler" "kubevuln-scheduler" "registry-scheduler" }}
- {from: {{ . }}, to: {{ $operator }}, port: {{ $operatorPort }}}
{{- end }}
{{- if not $suite }}
- {from: operator, to: gateway, port: {{ $v.gateway.websocketService.targetPort }}}
- {from: cloud-endpoint, to: gateway, port: {{ $v.gateway.httpService.targetPort }}}
- {from: kollector, to: operator, port: {{ $v.operator.service.targetPort }}}
- {from: kollector, to: cloud-endpoint, port: {{ $v.cloudEndpoint.service.targetPort }}}
- {from: kubescape, to: kubevuln, port: {{ $v.kubevuln.service.targetPort }}}
- {from: kubevuln-worker, to: redis, port: {{ $v.redis.service.targetPort }}}
- {from: kubevuln-worker, to: kubevuln, port: {{ $v.kubevuln.service.targetPort }}}
- {from: kubevuln-worker, to: internet}
{{- range list "operator" "kubescape" "kubevuln" }}
- {from: {{ . }}, to: redis, port: {{ $v.redis.service.targetPort }}}
- {from: {{ . }}, to: cloud-endpoint, port: {{ $v.cloudEndpoint.service.targetPort }}}
{{- end }}
{{- if eq (dig "dispatch" "mode" "queue" $v.operator) "http" }}
- {from: operator, to: kubescape, port: 8080}
- {from: operator, to: kubevuln, port: {{ $v.kubevuln.service.targetPort }}}
{{- end }}
{{- end }}
- {from: {{ ternary "suite" "kubevuln" $suite }}, to: grype-offline-db, port: 8080}
{{- range include "kso.ownServices" . | fromYamlArray }}
- {from: {{ . }}, to: otel-collector, port: 4317}
- {from: {{ . }}, to: otel-collector, port: 4318}
{{- end }}
{{- range list "operator" "kubescape" "kollector" "suite" "inventory" "make-secrets" "grype-offline-db-restart" }}
- {from: {{ . }}, to: apiserver}
{{- end }}
- {from: {{ ternary "suite" "kubevuln" $suite }}, to: internet}
{{- if has "gatewayAuth" $s.features }}
- {from: gateway, to: apiserver}
{{- end }}
{{- if include "kso.kubevulnReadsCluster" $s }}
- {from: kubevuln, to: apiserver}
{{- end }}
{{- if $v.inventory.anchore.url }}
- {from: inventory, to: internet}
{{- else }}
- {from: inventory, to: {{ ternary "suite" "cloud-endpoint" $suite }}, port: {{ ternary 8090 ($v.cloudEndpoint.service.targetPort | int) $suite }}}
{{- end }}
{{- if and (include "kso.asksMetadata" .root) (not $s.backend) }}
- {from: kollector, to: metadata}
{{- end }}
{{- if $s.backend }}
{{- range list "operator" "gateway" "kubescape" "kollector" "otel-collector" }}
- {from: {{ . }}, to: internet}
{{- end }}
{{- end }}
{{- if and $s.otelUrl (not (has "otel-collector" $s.components)) }}
{{- range include "kso.ownServices" . | fromYamlArray }}
- {from: {{ . }}, to: telemetry}
{{- end }}
{{- else if $s.otelUrl }}
- {from: otel-collector, to: telemetry}
{{- end }}
{{- if $v.tests.enabled }}
{{- range include "kso.ownServices" . | fromYamlArray }}
- {from: helm-test, to: {{ . }}, port: 8000}
{{- end }}
- {from: helm-test, to: gateway, port: {{ $v.gateway.websocketService.targetPort }}}
- {from: helm-test, to: suite, port: 8001}
{{- end }}
{{- end -}}

{{/* What one component is reached by: a list of rules, or nothing. */}}
{{- define "kso.ingressRules" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $present := .present -}}
{{- range .edges }}
{{- if and (eq .to $component) (has .from $present) }}
- from:
    - podSelector:
        matchLabels:
          {{- include "kso.selectorLabels" (list $root .from) | nindent 10 }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}
{{- end }}
{{- with $root.Values.global.networkPolicy.metricsFrom }}
{{- if $.served }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - {protocol: TCP, port: 8000}
{{- end }}
{{- end }}
{{- end -}}

{{/* The policy of one component. In: dict root, settings, component, edges. */}}
{{- define "kso.networkPolicy" -}}
{{- $component := .component -}}
{{- $root := .root -}}
{{- $settings := .settings -}}
{{- $policy := .root.Values.global.networkPolicy -}}
{{- $present := concat .settings.components (list "registry-scheduler" "helm-test" "make-secrets") -}}
{{- $served := has $component (include "kso.ownServices" . | fromYamlArray) }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "kso.metadata" (list .root $component $component) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "kso.selectorLabels" (list .root $component) | nindent 6 }}
  policyTypes:
    - Ingress
    {{- if $policy.createEgressRules }}
    - Egress
    {{- end }}
  {{- with include "kso.ingressRules" (merge (dict "present" $present "served" $served) .) | trim }}
  ingress:
    {{- . | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- if $policy.createEgressRules }}
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {{ $policy.dns.namespace }}
          podSelector:
            matchLabels:
              {{- toYaml $policy.dns.podLabels | nindent 14 }}
        {{- with $policy.dns.extraPeers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        {{- range $policy.dns.ports }}
        - {protocol: UDP, port: {{ . }}}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- range .edges }}
    {{- if eq .from $component }}
    {{- if has .to $present }}
    - to:
        - podSelector:
            matchLabels:
              {{- include "kso.selectorLabels" (list $root .to) | nindent 14 }}
      ports:
        - {protocol: TCP, port: {{ .port }}}
    {{- else if eq .to "apiserver" }}
    {{- include "kso.apiServerRule" $policy | nindent 4 }}
    {{- else if eq .to "internet" }}
    {{- include "kso.internetRule" $root | nindent 4 }}
    {{- else if eq .to "metadata" }}
    {{- include "kso.metadataRule" $root | nindent 4 }}
    {{- else if eq .to "telemetry" }}
    - ports:
        - {protocol: TCP, port: {{ regexFind "[0-9]+$" $settings.otelUrl | default "4318" }}}
        - {protocol: TCP, port: 4318}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- if and $policy.httpsProxyIP (not (has $component (list "redis" "cloud-endpoint" "grype-offline-db" "helm-test"))) }}
    - to:
        - ipBlock: {cidr: {{ $policy.httpsProxyIP }}/{{ ternary 128 32 (contains ":" $policy.httpsProxyIP) }}}
      {{- with $policy.httpsProxyPort }}
      ports:
        - {protocol: TCP, port: {{ . }}}
      {{- end }}
    {{- end }}
    {{- with get ($policy.extraEgress | default dict) $component }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* The API server is no pod: by its addresses where they are known, else by its ports. In: global.networkPolicy. */}}
{{- define "kso.apiServerRule" -}}
{{- $ranges := .apiServerCIDRs | default list -}}
{{- with .apiServerIP -}}{{- $ranges = append $ranges (printf "%s/%s" . (ternary "128" "32" (contains ":" .))) -}}{{- end -}}
{{- $ports := list -}}
{{- range concat (.apiServerPorts | default list) (list (.apiServerPort | default 443)) -}}{{- $ports = append $ports (. | int) -}}{{- end -}}
- {{ with $ranges -}}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  {{ end -}}
  ports:
    {{- range $ports | uniq }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end -}}

{{/* Out on 443; the metadata service of a cloud only when something about the cloud is configured (R13). */}}
{{- define "kso.internetRule" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [169.254.169.254/32]
    - ipBlock: {cidr: "::/0"}
  ports:
    - {protocol: TCP, port: 443}
{{- if include "kso.asksMetadata" . }}
{{ include "kso.metadataRule" . }}
{{- end }}
{{- end -}}

{{- define "kso.metadataRule" -}}
- to:
    - ipBlock: {cidr: 169.254.169.254/32}
  ports:
    - {protocol: TCP, port: 80}
{{- end -}}

{{/* "true" when something about the cloud is configured: else nobody asks its metadata service (R13). In: root. */}}
{{- define "kso.asksMetadata" -}}
{{- $cloud := .Values.cloudProviderMetadata | default dict -}}
{{- if or $cloud.awsIamRoleArn $cloud.gkeServiceAccount $cloud.cloudRegion $cloud.gkeProject $cloud.azureWorkloadIdentityClientID -}}true{{- end -}}
{{- end -}}
