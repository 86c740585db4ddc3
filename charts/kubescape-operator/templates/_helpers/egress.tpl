{{/* Where pods go outside of the release: the rules of the peers in `kso.edges` that are no component. */}}

{{/*
The port of an address: URL, or host with or without a port; what is none of these has the default, and is for its reader to refuse.
In: dict address, default (of an address without scheme and port).
*/}}
{{- define "kso.portOf" -}}
{{- $address := .address | toString -}}
{{- $scheme := regexFind "^[a-z]+://" $address | trimSuffix "://" -}}
{{- $usual := get (dict "http" 80 "ws" 80 "https" 443 "wss" 443) $scheme | default .default -}}
{{- regexReplaceAll "^[a-z]+://|[/?#].*$" $address "" | regexFind ":[0-9]+$" | trimPrefix ":" | default $usual -}}
{{- end -}}

{{/*
Ports of the addresses that the values name, by what is there: lists of numbers without repetition. 443 is always among those of the backend and of
registries, which may send a client on to another host. In: dict root, settings.
*/}}
{{- define "kso.outsidePorts" -}}
{{- $v := include "kso.values" .root | fromJson -}}
{{- $s := .settings -}}
{{- $redis := list (dig "redis" "external" "address" "" $v) -}}

{{- $services := dig "serviceDiscovery" "services" "" $v | default dict -}}
{{- if kindIs "string" $services -}}{{- $services = fromJson $services -}}{{- end -}}
{{- $backend := list "https://" $s.server $s.reportUrl -}}
{{- range list "gatewayUrl" "k8sReportUrl" "backendOpenAPI" -}}{{- $backend = append $backend (dig . "" $v) -}}{{- end -}}
{{- range $_, $address := dig "response" dict $services -}}{{- $backend = append $backend $address -}}{{- end -}}
{{- if not $s.backend -}}{{- $backend = list -}}{{- end -}}

{{- $registries := list "https://" (dig "global" "imageRegistry" "" $v) (dig "kubevuln" "config" "grypeDbListingURL" "" $v) -}}
{{- range $_, $mirror := dig "kubevuln" "config" "proxyRegistryMap" dict $v -}}{{- $registries = append $registries $mirror -}}{{- end -}}
{{- range dig "imageScanning" "privateRegistries" "credentials" list $v -}}
{{- $scheme := ternary "http" "https" (eq (.insecure | default false | toString) "true") -}}
{{- $registries = append $registries (ternary .registry (printf "%s://%s" $scheme .registry) (contains "://" .registry)) -}}
{{- end -}}

{{- $telemetry := list $s.otelUrl -}}
{{- $services := not (has "otel-collector" $s.components) -}}
{{- /* Our services speak OTLP over HTTP: they post to 4318 where the port of gRPC is named. */ -}}
{{- if and $services (eq (include "kso.portOf" (dict "address" $s.otelUrl "default" 80)) "4317") -}}{{- $telemetry = append $telemetry ":4318" -}}{{- end -}}

{{- $ports := dict -}}
{{- range $name, $addresses := dict
      "redis" $redis
      "backend" $backend
      "backendTelemetry" (append $backend $s.backendTelemetry)
      "registries" $registries
      "inventory" (list "https://" (dig "inventory" "anchore" "url" "" $v))
      "proxy" (list (dig "global" "httpsProxy" "" $v) (dig "global" "httpProxy" "" $v))
      "telemetry" $telemetry -}}
{{- $numbers := list -}}
{{- $default := ternary 80 443 (and (eq $name "telemetry") $services) -}}
{{- range $addresses | compact -}}
{{- $numbers = append $numbers (include "kso.portOf" (dict "address" . "default" $default) | int) -}}
{{- end -}}
{{- $_ := set $ports $name ($numbers | uniq) -}}
{{- end -}}
{{- toYaml $ports -}}
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

{{/* To any address, in the cluster and outside: for an address that the values give by name. In: list of ports. */}}
{{- define "kso.portsRule" -}}
- ports:
    {{- range . }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end -}}

{{/* The proxy: by its address where it is known, else by the port of its URL. In: root. */}}
{{- define "kso.proxyRule" -}}
{{- $policy := .Values.global.networkPolicy -}}
{{- $ports := (include "kso.outsidePorts" (dict "root" . "settings" (include "kso.settings" . | fromYaml)) | fromYaml).proxy -}}
{{- if $policy.httpsProxyIP -}}
- to:
    - ipBlock: {cidr: {{ $policy.httpsProxyIP }}/{{ ternary 128 32 (contains ":" $policy.httpsProxyIP) }}}
  {{- with $policy.httpsProxyPort }}
  ports:
    - {protocol: TCP, port: {{ . }}}
  {{- end }}
{{- else if $ports -}}
{{- include "kso.portsRule" $ports -}}
{{- end -}}
{{- end -}}

{{/* Out on the given ports; the metadata service of a cloud only when something about the cloud is configured (R13). In: dict root, ports. */}}
{{- define "kso.internetRule" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [169.254.0.0/16]
    - ipBlock:
        cidr: "::/0"
        except: ["fd00:ec2::/32"]
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- if include "kso.asksMetadata" .root }}
{{ include "kso.metadataRule" .root }}
{{- end }}
{{- end -}}

{{/*
The metadata services of clouds, and where pods get an identity: EKS Pod Identity at 169.254.170.23 and fd00:ec2::23; GKE hands requests to its own
server, at 169.254.169.252 (987, 988), with Dataplane V2 at 169.254.169.254 (8080).
*/}}
{{- define "kso.metadataRule" -}}
- to:
    - ipBlock: {cidr: 169.254.169.254/32}
    - ipBlock: {cidr: 169.254.170.23/32}
    - ipBlock: {cidr: "fd00:ec2::23/128"}
  ports:
    - {protocol: TCP, port: 80}
    - {protocol: TCP, port: 8080}
- to:
    - ipBlock: {cidr: 169.254.169.252/32}
  ports:
    - {protocol: TCP, port: 987}
    - {protocol: TCP, port: 988}
{{- end -}}

{{/* "true" when something about the cloud is configured: else nobody asks its metadata service (R13). In: root. */}}
{{- define "kso.asksMetadata" -}}
{{- $cloud := .Values.cloudProviderMetadata | default dict -}}
{{- if or $cloud.awsIamRoleArn $cloud.gkeServiceAccount $cloud.cloudRegion $cloud.gkeProject $cloud.azureWorkloadIdentityClientID -}}true{{- end -}}
{{- end -}}
