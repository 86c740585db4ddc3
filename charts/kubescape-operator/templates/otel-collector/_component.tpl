{{- define "kso.component.otel-collector" -}}
{{- $v := .root.Values.otelCollector -}}
key: otelCollector
component: otel-collector
foreign: {{ $v.image | toJson }}
user: 10001
args: [--config=/etc/otel/otel-collector-config.yaml]
ports:
  otlp: 4317
  otlp-http: 4318
probePort: otlp
services:
  - name: {{ $v.name }}
    ports:
      - {name: otlp, port: 4317, targetPort: otlp}
      - {name: otlp-http, port: 4318, targetPort: otlp-http}
cloudConfig:
  otel-collector-config: {otel-collector-config.yaml: otel-collector-config.yaml}
checksums:
  otel-collector-config: kso.config.otelCollector
mounts:
  - {name: config, mountPath: /etc/otel, readOnly: true}
{{- with $v.endpoint.headersSecret }}
# Headers refer to its keys as ${env:KEY}.
envFrom:
  - secretRef: {name: {{ . | quote }}}
{{- end }}
{{- end -}}

{{/* The collector's configuration: an exporter stands in it only when there is somewhere to send to. In: dict root, settings. */}}
{{- define "kso.config.otelCollector" -}}
{{- $v := .root.Values.otelCollector -}}
{{- $s := .settings -}}
{{- $exporters := dict -}}
{{- $names := list -}}
{{- with $s.backendTelemetry -}}
{{- $_ := set $exporters "otlp/ksCloud" (dict "endpoint" . "tls" (dict "insecure" false)) -}}
{{- $names = append $names "otlp/ksCloud" -}}
{{- end -}}
{{- with $s.otelUrl -}}
{{- $insecure := and $v.endpoint.insecure (not (hasPrefix "https://" .)) -}}
{{- $own := dict "endpoint" (regexReplaceAll "^https?://" . "") "tls" (dict "insecure" $insecure) -}}
{{- with $v.endpoint.headers -}}{{- $_ := set $own "headers" . -}}{{- end -}}
{{- $_ := set $exporters "otlp" $own -}}
{{- $names = append $names "otlp" -}}
{{- end -}}
{{- $receivers := dict "otlp" (dict "protocols" (dict "grpc" (dict "endpoint" "0.0.0.0:4317") "http" (dict "endpoint" "0.0.0.0:4318"))) -}}
{{- $pipelines := dict
      "traces" (dict "receivers" (list "otlp") "processors" (list "batch") "exporters" $names)
      "metrics" (dict "receivers" (list "otlp") "processors" (list "attributes/ksCloud" "batch") "exporters" $names)
      "logs" (dict "receivers" (list "otlp") "processors" (list "batch") "exporters" $names) -}}
{{- if $v.hostmetrics.enabled -}}
{{- $_ := set $receivers "hostmetrics" (dict "collection_interval" $v.hostmetrics.scrapeInterval "scrapers" (dict "cpu" dict "memory" dict)) -}}
{{- $_ := set $pipelines "metrics/2" (dict "receivers" (list "hostmetrics") "processors" (list "attributes/ksCloud" "batch") "exporters" $names) -}}
{{- end -}}
{{- dict
      "receivers" $receivers
      "processors" (dict
        "attributes/ksCloud" (dict "actions" (list
          (dict "key" "account_id" "value" $s.account "action" "upsert")
          (dict "key" "cluster_name" "value" $s.clusterName "action" "upsert")))
        "batch" (dict "send_batch_size" 10000 "timeout" "10s"))
      "exporters" $exporters
      "service" (dict "pipelines" $pipelines)
    | toYaml -}}
{{- end -}}
