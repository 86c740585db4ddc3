{{/* clusterData.json: names of keys are those of Kubescape's charts (chart.md 5). In: dict root, settings. */}}
{{- define "kso.config.clusterData" -}}
{{- $v := (include "kso.values" .root | fromJson) -}}
{{- $s := .settings -}}
{{- $c := $s.capabilities -}}
{{- $name := dict -}}
{{- range $key := list "operator" "gateway" "kubescape" "kubevuln" -}}{{- $_ := set $name $key (dig $key "name" $key $v) -}}{{- end -}}
{{- $hostPort := "%s:%v" -}}
{{- $data := dict
      "namespace" .root.Release.Namespace
      "clusterName" $s.clusterName
      "accountID" $s.account
      "kubescapeURL" (printf $hostPort $name.kubescape (dig "kubescape" "service" "port" 8080 $v))
      "kubevulnURL" (printf $hostPort $name.kubevuln (dig "kubevuln" "service" "port" 8080 $v))
      "vulnScanURL" (printf $hostPort $name.kubevuln (dig "kubevuln" "service" "port" 8080 $v))
      "triggerNewImageScan" (ternary "true" "false" (not (empty (include "kso.on" (dig "triggerNewImageScan" true $v)))))
      "storage" false
      "nodeAgent" "false"
      "relevantImageVulnerabilitiesEnabled" false
      "imageVulnerabilitiesScanningEnabled" (eq (get $c "vulnerabilityScan") "enable")
      "postureScanEnabled" (eq (get $c "configurationScan") "enable")
      "continuousPostureScan" (eq (get $c "continuousScan") "enable")
      "otelCollector" (has "otel-collector" $s.components)
      "keepLocal" $s.keepLocal
      "serviceDiscovery" $s.backend
      "maxImageSize" (dig "kubevuln" "config" "maxImageSize" 5368709120 $v | int64)
      "maxSBOMSize" (dig "kubevuln" "config" "maxSBOMSize" 20971520 $v | int64)
      "scanTimeout" (dig "kubevuln" "config" "scanTimeout" "5m" $v)
      "scanEmbeddedSBOMs" (eq (get $c "scanEmbeddedSBOMs" | default "disable") "enable")
      "vexGeneration" (eq (get $c "vexGeneration" | default "disable") "enable")
      "riskAcceptance" (eq (get $c "riskAcceptance" | default "disable") "enable")
      "storeFilteredSbom" (not (empty (include "kso.on" (dig "kubevuln" "config" "storeFilteredSboms" false $v))))
      "defaultFrameworks" (dig "defaultFrameworks" list $v | default list)
      "trustedVendors" (dig "kubevuln" "config" "trustedVendors" list $v | default list)
      "proxyRegistryMap" (dig "kubevuln" "config" "proxyRegistryMap" dict $v | default dict) -}}
{{- /* Services dial what is named here. */ -}}
{{- if or $s.compact (has "gateway" $s.components) -}}
{{- $_ := set $data "gatewayWebsocketURL" (printf $hostPort $name.gateway (dig "gateway" "websocketService" "port" 8001 $v)) -}}
{{- $_ := set $data "gatewayRestURL" (printf $hostPort $name.gateway (dig "gateway" "httpService" "port" 8002 $v)) -}}
{{- end -}}
{{- with include "kso.listingUrl" .root -}}{{- $_ := set $data "listingURL" . -}}{{- end -}}
{{- with dig "kubevuln" "config" "cveMatchingMode" "" $v -}}{{- $_ := set $data "cveMatchingMode" . -}}{{- end -}}
{{- if $s.reportUrl -}}{{- $_ := set $data "eventReceiverRestURL" $s.reportUrl -}}{{- end -}}
{{- if $s.backend -}}
{{- range $key, $value := dict "backendOpenAPI" "backendOpenAPI" "eventReceiverWebsocketURL" "k8sReportUrl" -}}
{{- with get $v $value -}}{{- $_ := set $data $key . -}}{{- end -}}
{{- end -}}
{{- with dig "gatewayUrl" "" $v -}}{{- $_ := set $data "rootGatewayURL" (ternary . (printf "wss://%s/v1/waitfornotification" .) (contains "://" .)) -}}{{- end -}}
{{- end -}}
{{- toPrettyJson $data -}}
{{- end -}}

{{/* Where the vulnerability database comes from, when not from Grype's own place. */}}
{{- define "kso.listingUrl" -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- with dig "kubevuln" "config" "grypeDbListingURL" "" $v -}}
{{- . -}}
{{- else -}}
{{- if include "kso.on" (dig "grypeOfflineDB" "enabled" false $v) -}}
{{- printf "http://%s:80/databases" (dig "grypeOfflineDB" "name" "grype-offline-db" $v) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* services.json: a service discovery answer that is known beforehand; an empty object is none. */}}
{{- define "kso.config.services" -}}
{{- $services := dig "serviceDiscovery" "services" "" (include "kso.values" .root | fromJson) -}}
{{- if kindIs "map" $services -}}{{- toPrettyJson $services -}}{{- else -}}{{- $services | default "{}" -}}{{- end -}}
{{- end -}}

{{/* The operator's config.json. */}}
{{- define "kso.config.operator" -}}
{{- $v := (include "kso.values" .root | fromJson) -}}
{{- $config := dict
      "namespace" .root.Release.Namespace
      "triggersecurityframework" (not (empty (include "kso.on" (dig "operator" "triggerSecurityFramework" true $v))))
      "podScanGuardTime" (dig "operator" "podScanGuardTime" "1h" $v) -}}
{{- if .settings.includeNamespaces -}}
{{- $_ := set $config "includeNamespaces" (join "," .settings.includeNamespaces) -}}
{{- else -}}
{{- $_ := set $config "excludeNamespaces" (join "," .settings.excludeNamespaces) -}}
{{- end -}}
{{- with dig "configurations" "excludeJsonPaths" "" $v -}}{{- $_ := set $config "excludeJsonPaths" . -}}{{- end -}}
{{- toPrettyJson $config -}}
{{- end -}}

{{/* capabilities.json: as asked, what is effective, and why the rest is not. */}}
{{- define "kso.config.capabilities" -}}
{{- $s := .settings -}}
{{- $effective := dict -}}
{{- range $name, $value := $s.capabilities -}}
{{- $_ := set $effective $name (ternary $value "disable" (not (empty (include "kso.isBuilt" (list $.root $name))))) -}}
{{- end -}}
{{- $components := dict -}}
{{- range $key, $name := dict "operator" "operator" "kubescape" "kubescape" "kubescapeScheduler" "kubescape-scheduler" "kubevuln" "kubevuln" "kubevulnScheduler" "kubevuln-scheduler" "kubevulnWorker" "kubevuln-worker" "inventory" "inventory" "gateway" "gateway" "kollector" "kollector" "cloudEndpoint" "cloud-endpoint" "otelCollector" "otel-collector" "redis" "redis" -}}
{{- $inSuite := and $s.compact (has $name (list "operator" "gateway" "kollector" "cloud-endpoint" "kubescape" "kubevuln")) -}}
{{- $_ := set $components $key (dict "enabled" (or $inSuite (has $name $s.components))) -}}
{{- end -}}
{{- range list "nodeAgent" "storage" "synchronizer" "serviceDiscovery" -}}{{- $_ := set $components . (dict "enabled" false) -}}{{- end -}}
{{- dict
      "capabilities" $s.capabilities
      "effectiveCapabilities" $effective
      "capabilityWarnings" (include "kso.warnings" .root | fromYamlArray)
      "components" $components
      "configurations" (dict "persistence" (ternary "enable" "disable" $s.persistence) "otelUrl" $s.otelUrl)
      "serviceScanConfig" (dict "enabled" (dig "serviceScanConfig" "enabled" false (include "kso.values" .root | fromJson)) "interval" (dig "serviceScanConfig" "interval" "1h" (include "kso.values" .root | fromJson)))
    | toPrettyJson -}}
{{- end -}}

{{- define "kso.config.matchingRules" -}}
{{- dig "continuousScanning" "matchingRules" dict (include "kso.values" .root | fromJson) | toPrettyJson -}}
{{- end -}}
