{{/* Our own services, of which each sends telemetry and serves probes and metrics. */}}
{{- define "kso.ownServices" -}}
[operator, gateway, kubescape, kubevuln, kubevuln-worker, kollector, inventory, cloud-endpoint, suite]
{{- end -}}

{{/*
Who talks to whom (docs/reference/chart-network.md): each line is one allowed edge, `from` and `to` are components, the port is that of the container.
Both sides' policies are made of this one table, so they always agree. Peers that are no component (egress.tpl): apiserver; internet and anywhere,
with the ports that the values name; metadata.
*/}}
{{- define "kso.edges" -}}
{{- $v := .root.Values -}}
{{- $s := .settings -}}
{{- $suite := $s.compact -}}
{{- $operator := ternary "suite" "operator" $suite -}}
{{- $operatorPort := ternary 4002 ($v.operator.service.targetPort | int) $suite -}}
{{- $ports := include "kso.outsidePorts" . | fromYaml -}}
{{- $redis := dict "to" "redis" "port" $v.redis.service.targetPort -}}
{{- if not (has "redis" $s.components) -}}{{- $redis = dict "to" "anywhere" "ports" $ports.redis -}}{{- end -}}
{{- range list "kubescape-scheduler" "kubevuln-scheduler" "registry-scheduler" }}
- {from: {{ . }}, to: {{ $operator }}, port: {{ $operatorPort }}}
{{- end }}
{{- if not $suite }}
- {from: operator, to: gateway, port: {{ $v.gateway.websocketService.targetPort }}}
- {from: cloud-endpoint, to: gateway, port: {{ $v.gateway.httpService.targetPort }}}
- {from: kollector, to: operator, port: {{ $v.operator.service.targetPort }}}
- {from: kollector, to: cloud-endpoint, port: {{ $v.cloudEndpoint.service.targetPort }}}
- {from: kubescape, to: kubevuln, port: {{ $v.kubevuln.service.targetPort }}}
{{- range list "kubevuln-worker" "operator" "kubescape" "kubevuln" }}
- {{ merge (dict "from" .) $redis | toJson }}
{{- end }}
- {from: kubevuln-worker, to: kubevuln, port: {{ $v.kubevuln.service.targetPort }}}
- {from: kubevuln-worker, to: internet, ports: {{ $ports.registries | toJson }}}
{{- range list "operator" "kubescape" "kubevuln" }}
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
- {from: {{ ternary "suite" "kubevuln" $suite }}, to: internet, ports: {{ concat $ports.registries $ports.backend | uniq | toJson }}}
{{- if has "gatewayAuth" $s.features }}
- {from: gateway, to: apiserver}
{{- end }}
{{- if include "kso.kubevulnAsksApi" $s }}
- {from: kubevuln, to: apiserver}
{{- end }}
{{- if $v.inventory.anchore.url }}
- {from: inventory, to: internet, ports: {{ $ports.inventory | toJson }}}
{{- else }}
- {from: inventory, to: {{ ternary "suite" "cloud-endpoint" $suite }}, port: {{ ternary 8090 ($v.cloudEndpoint.service.targetPort | int) $suite }}}
{{- end }}
{{- if and (include "kso.asksMetadata" .root) (not $s.backend) }}
- {from: kollector, to: metadata}
{{- end }}
{{- if $s.backend }}
{{- range list "operator" "gateway" "kubescape" "kollector" }}
- {from: {{ . }}, to: internet, ports: {{ $ports.backend | toJson }}}
{{- end }}
- {from: otel-collector, to: internet, ports: {{ $ports.backendTelemetry | toJson }}}
{{- end }}
{{- if $s.otelUrl }}
{{- range ternary (list "otel-collector") (include "kso.ownServices" . | fromYamlArray) (has "otel-collector" $s.components) }}
- {from: {{ . }}, to: anywhere, ports: {{ $ports.telemetry | toJson }}}
{{- end }}
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
              kubernetes.io/metadata.name: {{ $policy.dns.namespace | quote }}
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
    {{- include "kso.internetRule" (dict "root" $root "ports" .ports) | nindent 4 }}
    {{- else if eq .to "metadata" }}
    {{- include "kso.metadataRule" $root | nindent 4 }}
    {{- else if eq .to "anywhere" }}
    {{- include "kso.portsRule" .ports | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- if not (has $component (list "redis" "cloud-endpoint" "grype-offline-db" "helm-test")) }}
    {{- with include "kso.proxyRule" $root }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- with get ($policy.extraEgress | default dict) $component }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}
