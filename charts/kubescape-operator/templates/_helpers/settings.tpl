{{/* "true" for enable, true, on and their text forms; else empty. */}}
{{- define "kso.on" -}}
{{- if has (. | toString | lower) (list "enable" "true" "on" "yes") -}}true{{- end -}}
{{- end -}}

{{/* Text or list of names → a list in YAML, without empty items. */}}
{{- define "kso.list" -}}
{{- $items := list -}}
{{- if kindIs "string" . -}}
{{- range splitList "," . -}}{{- $items = append $items (trim .) -}}{{- end -}}
{{- else -}}
{{- range . -}}{{- $items = append $items (. | toString) -}}{{- end -}}
{{- end -}}
items: {{ without $items "" | uniq | toJson }}
{{- end -}}

{{/*
What follows from the values, decided once: aliases of older charts are resolved here and nowhere else. Returns YAML; templates read it with
`include "kso.settings" . | fromYaml`. Refuses what cannot work (chart.md 23).
*/}}
{{- define "kso.settings" -}}
{{- include "kso.refuse" . -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- $compact := eq (dig "profile" "default" $v | toString) "compact" -}}
{{- $asked := include "kso.askedCapabilities" . | fromYaml -}}

{{- /* Where results go: a backend, the cloud-endpoint of this release, or nowhere. */ -}}
{{- $local := or (include "kso.on" (dig "global" "keepLocal" false $v)) (eq (dig "kubescape" "submit" true $v | toString) "false") -}}
{{- $server := ternary "" (dig "server" "" $v | default (dig "kubescape" "urls" "api" "" $v) | default "" | toString) (not (empty $local)) -}}
{{- $server = $server | trimPrefix "https://" | trimSuffix "/" -}}
{{- $offline := not (empty (include "kso.on" (get $asked "kubescapeOffline"))) -}}
{{- /* Offline nothing leaves the cluster, so there is no backend, whatever server says. */ -}}
{{- $backend := and (ne $server "") (not $offline) -}}
{{- /* A report has one receiver: with a backend the cloud-endpoint of the release would stay empty. */ -}}
{{- $endpoint := and (not $backend) (or $compact (ne (dig "cloudEndpoint" "enabled" true $v | toString) "false")) -}}
{{- $endpointName := dig "cloudEndpoint" "name" "cloud-endpoint" $v -}}
{{- $endpointPort := dig "cloudEndpoint" "service" "port" 8090 $v | int -}}
{{- /* What is given, else what a preset answer of service discovery says, else the server itself. */ -}}
{{- $services := dig "serviceDiscovery" "services" "" $v | default dict -}}
{{- if kindIs "string" $services -}}{{- $services = fromJson $services -}}{{- end -}}
{{- $receiver := dig "eventReceiverHttpUrl" "" $v | default (dig "kubescape" "urls" "report" "" $v) | default (dig "response" "event-receiver-http" "" $services) -}}
{{- /* In the compact profile the suite asks service discovery itself. */ -}}
{{- $isGuessed := and $backend (not $receiver) (not $compact) -}}
{{- $known := not (empty $receiver) -}}
{{- $receiver = $receiver | default $server -}}
{{- $reportUrl := "" -}}
{{- if $backend -}}
{{- $reportUrl = ternary $receiver (printf "https://%s" $receiver) (contains "://" $receiver) -}}
{{- else if $endpoint -}}
{{- $reportUrl = printf "http://%s:%d" $endpointName $endpointPort -}}
{{- end -}}

{{- /* The account: the user's Secret, one of values, or one made at run time for the cloud-endpoint. */ -}}
{{- $userSecret := dig "credentials" "cloudSecret" "" $v | default (dig "global" "cloudSecret" "" $v) | default (dig "cloudEndpoint" "existingSecret" "" $v) | default "" -}}
{{- $accessKey := dig "accessKey" "" $v | default (dig "secretKey" "" $v) | default (dig "clientID" "" $v) | default "" -}}
{{- $account := dig "account" "" $v | default "" -}}
{{- $origin := "none" -}}
{{- $secret := "" -}}
{{- if $userSecret -}}
{{- $origin = "user" -}}{{- $secret = $userSecret -}}
{{- else if or $backend (and $endpoint $account $accessKey) -}}
{{- $origin = "values" -}}{{- $secret = "cloud-secret" -}}
{{- else if $endpoint -}}
{{- $origin = "made" -}}{{- $secret = printf "%s-account" $endpointName -}}
{{- end -}}
{{- $clusterName := dig "clusterName" "" $v | default "" | toString -}}
{{- if $backend -}}
{{- if and (not $userSecret) (not $account) -}}{{- fail "server is set, so an account is needed: set account (and accessKey), or credentials.cloudSecret with the name of a Secret that has both" -}}{{- end -}}
{{- if and (not $userSecret) (not $accessKey) -}}{{- fail "server is set, so an access key is needed: set accessKey, or credentials.cloudSecret with the name of a Secret that has the keys account and accessKey" -}}{{- end -}}
{{- if not $clusterName -}}{{- fail "server is set, so the cluster needs a name: set clusterName" -}}{{- end -}}
{{- end -}}

{{- /* Components. */ -}}
{{- $connected := or $backend $endpoint -}}
{{- $gatewayAsked := dig "gateway" "enabled" "auto" $v | toString -}}
{{- $kollectorAsked := dig "kollector" "enabled" "auto" $v | toString -}}
{{- $posture := not (empty (include "kso.on" (get $asked "configurationScan"))) -}}
{{- $images := not (empty (include "kso.on" (get $asked "vulnerabilityScan"))) -}}
{{- $operator := not (empty (include "kso.on" (get $asked "operator"))) -}}
{{- $gateway := and (not $compact) (or (eq $gatewayAsked "true") (and (eq $gatewayAsked "auto") $connected)) -}}
{{- $kollector := and (not $compact) (or (eq $kollectorAsked "true") (and (eq $kollectorAsked "auto") $connected)) -}}
{{- $externalRedis := dig "redis" "external" "address" "" $v | default "" -}}
{{- if and (not $compact) (not $externalRedis) (eq (dig "redis" "enabled" true $v | toString) "false") -}}
{{- fail "redis.enabled is false and redis.external.address is empty: the services need a queue. Name a Redis of your own, or use profile compact" -}}
{{- end -}}
{{- $components := list -}}
{{- if $compact -}}
{{- $components = append $components "suite" -}}
{{- else -}}
{{- if $operator -}}{{- $components = append $components "operator" -}}{{- end -}}
{{- if $gateway -}}{{- $components = append $components "gateway" -}}{{- end -}}
{{- if $posture -}}{{- $components = append $components "kubescape" -}}{{- end -}}
{{- if $images -}}{{- $components = append $components "kubevuln" -}}{{- end -}}
{{- if $kollector -}}{{- $components = append $components "kollector" -}}{{- end -}}
{{- if $endpoint -}}{{- $components = append $components "cloud-endpoint" -}}{{- end -}}
{{- if not $externalRedis -}}{{- $components = append $components "redis" -}}{{- end -}}
{{- if and $images (include "kso.on" (dig "kubevulnWorker" "enabled" "" $v)) -}}{{- $components = append $components "kubevuln-worker" -}}{{- end -}}
{{- end -}}
{{- if include "kso.on" (dig "inventory" "enabled" "" $v) -}}{{- $components = append $components "inventory" -}}{{- end -}}
{{- if and $operator $posture (ne (dig "kubescapeScheduler" "enabled" true $v | toString) "false") -}}{{- $components = append $components "kubescape-scheduler" -}}{{- end -}}
{{- if and $operator $images (ne (dig "kubevulnScheduler" "enabled" true $v | toString) "false") -}}{{- $components = append $components "kubevuln-scheduler" -}}{{- end -}}
{{- if and $images (include "kso.on" (dig "grypeOfflineDB" "enabled" false $v)) -}}{{- $components = append $components "grype-offline-db" -}}{{- end -}}

{{- /* Telemetry: straight to otelUrl, or through a collector when a backend takes part. */ -}}
{{- $otelUrl := dig "configurations" "otelUrl" "" $v | default "" -}}
{{- if and (not $otelUrl) (dig "otelCollector" "endpoint" "host" "" $v) -}}
{{- $otelUrl = printf "%s:%v" (dig "otelCollector" "endpoint" "host" "" $v) (dig "otelCollector" "endpoint" "port" 4317 $v) -}}
{{- end -}}
{{- $backendTelemetry := "" -}}
{{- if $backend -}}{{- $backendTelemetry = dig "ksCloudOtelCollector" "" $v | default (dig "serviceDiscovery" "metrics" "" $v) | default "" -}}{{- end -}}
{{- $collectorAsked := dig "otelCollector" "enabled" "auto" $v | toString -}}
{{- if and (eq $collectorAsked "auto") (include "kso.on" (dig "otelCollector" "disable" false $v)) -}}{{- $collectorAsked = "false" -}}{{- end -}}
{{- $collector := or (and (eq $collectorAsked "true") (or $otelUrl $backendTelemetry)) (and (eq $collectorAsked "auto") $backendTelemetry) -}}
{{- $collectorName := dig "otelCollector" "name" "otel-collector" $v -}}
{{- $telemetry := ternary (printf "%s:4317" $collectorName) $otelUrl (not (empty $collector)) -}}
{{- if $collector -}}{{- $components = append $components "otel-collector" -}}{{- end -}}

{{- $makes := list -}}
{{- $redisSecret := dig "redis" "auth" "existingSecret" "" $v | default "" -}}
{{- if $externalRedis -}}{{- $redisSecret = dig "redis" "external" "existingSecret" "" $v | default "" -}}{{- end -}}
{{- $redisName := dig "redis" "name" "redis" $v -}}
{{- if and (has "redis" $components) (not $redisSecret) -}}
{{- $redisSecret = printf "%s-auth" $redisName -}}
{{- $makes = append $makes $redisSecret -}}
{{- end -}}
{{- if eq $origin "made" -}}{{- $makes = append $makes $secret -}}{{- end -}}

{{- /* Abilities of running services that kinds, rights and variables depend on. */ -}}
{{- $features := list -}}
{{- if has "operator" $components -}}{{- $features = append $features "operatorCommands" -}}{{- end -}}
{{- /* In the compact profile commands come from the same process, which has no token to show itself. */ -}}
{{- if and (not $compact) (include "kso.on" (dig "operator" "auth" "enabled" true $v)) -}}{{- $features = append $features "operatorAuth" -}}{{- end -}}
{{- if and $gateway (include "kso.on" (dig "gateway" "auth" "enabled" true $v)) -}}{{- $features = append $features "gatewayAuth" -}}{{- end -}}
{{- if and (or $posture $compact) (include "kso.on" (get $asked "riskAcceptance")) -}}{{- $features = append $features "riskAcceptance" -}}{{- end -}}
{{- if or $posture $compact -}}{{- $features = append $features "controlInputs" -}}{{- end -}}
{{- $scansImages := or $images $compact -}}
{{- if and $scansImages (ne (dig "imageScanning" "pullSecrets" "enabled" true $v | toString) "false") -}}{{- $features = append $features "pullSecrets" -}}{{- end -}}
{{- if and $scansImages (include "kso.on" (get $asked "scanEmbeddedSBOMs")) -}}{{- $features = append $features "scanEmbeddedSBOMs" -}}{{- end -}}
{{- /* Commands about registries: in the compact profile only those that need no login, and those need no right. */ -}}
{{- if and $images $operator (not $compact) (include "kso.on" (get $asked "registryScan")) -}}{{- $features = append $features "registryScan" -}}{{- end -}}
{{- /* One asks for scans of new images: kollector, or the operator where no kollector does. */ -}}
{{- $trigger := not (empty (include "kso.on" (dig "triggerNewImageScan" true $v))) -}}
{{- $newImagesAsked := dig "operator" "newImages" "enabled" "auto" $v | toString -}}
{{- $kollectorAsks := or $compact (and $kollector $trigger) -}}
{{- if and $images $operator (not $kollectorAsks) (or (eq $newImagesAsked "true") (and (eq $newImagesAsked "auto") $trigger)) -}}{{- $features = append $features "newImages" -}}{{- end -}}
{{- /* Orders that nobody would take are not given. */ -}}
{{- if and (has "kubevuln-worker" $components) (gt (dig "kubevulnWorker" "replicaCount" 1 $v | int) 0) -}}{{- $features = append $features "workers" -}}{{- end -}}
{{- $logins := dig "imageScanning" "privateRegistries" dict $v -}}
{{- $loginSecrets := list -}}
{{- if and $scansImages (or $logins.credentials (has "registryScan" $features)) -}}{{- $loginSecrets = append $loginSecrets "kubescape-registry-scan-secrets" -}}{{- end -}}
{{- if $scansImages -}}{{- $loginSecrets = concat $loginSecrets ($logins.existingSecrets | default list) | uniq -}}{{- end -}}

{{- $exclude := get (include "kso.list" (dig "excludeNamespaces" "" $v | default "") | fromYaml) "items" -}}
{{- $annotate := or (include "kso.on" (dig "configurations" "prometheusAnnotations" "" $v)) (include "kso.on" (dig "configuration" "prometheusAnnotations" "" $v)) (include "kso.on" (dig "kubescape" "prometheusAnnotation" "enabled" "" $v)) -}}
{{- $persistence := and (include "kso.on" (dig "configurations" "persistence" "enable" $v | default "enable")) (ne (dig "persistence" "enabled" true $v | toString) "false") -}}
{{- $openshiftAsked := dig "global" "openshift" "enabled" "auto" $v | toString -}}
{{- $scc := not (empty (include "kso.on" (dig "global" "openshift" "scc" "enabled" false $v))) -}}
{{- $openshift := or (eq $openshiftAsked "true") $scc (and (eq $openshiftAsked "auto") (.Capabilities.APIVersions.Has "security.openshift.io/v1")) -}}
{{- dict
      "compact" $compact
      "backend" $backend
      "server" $server
      "offline" $offline
      "keepLocal" (not $backend)
      "reportUrl" $reportUrl
      "isReceiverKnown" $known
      "isReceiverGuessed" $isGuessed
      "masterGateway" (ternary (dig "gatewayUrl" "" $v | default (dig "response" "gateway" "" $services)) "" $backend)
      "endpointUrl" (printf "http://%s:%d" $endpointName $endpointPort)
      "clusterName" (regexReplaceAll "\\W+" (default "cluster" $clusterName) "-")
      "account" (ternary "local" $account (eq $origin "made"))
      "accessKey" $accessKey
      "credentialsOrigin" $origin
      "credentialsSecret" $secret
      "components" $components
      "features" $features
      "loginSecrets" $loginSecrets
      "capabilities" $asked
      "redisAddress" (default (printf "%s:%d" $redisName (dig "redis" "service" "port" 6379 $v | int)) $externalRedis)
      "redisSecret" $redisSecret
      "redisSecretKey" (ternary (dig "redis" "external" "existingSecretKey" "password" $v) (dig "redis" "auth" "existingSecretKey" "password" $v) (not (empty $externalRedis)))
      "makesSecrets" $makes
      "includeNamespaces" (get (include "kso.list" (dig "includeNamespaces" "" $v | default "") | fromYaml) "items")
      "excludeNamespaces" (append $exclude .Release.Namespace | uniq)
      "annotateForPrometheus" (not (empty $annotate))
      "persistence" (not (empty $persistence))
      "openshift" (not (empty $openshift))
      "openshiftScc" $scc
      "telemetry" $telemetry
      "otelUrl" $otelUrl
      "backendTelemetry" $backendTelemetry
    | toYaml -}}
{{- end -}}

{{/* Whether this version has a capability or ability (charts/values/built.ts). In: list <root> <name>. */}}
{{- define "kso.isBuilt" -}}
{{- if not (has (index . 1) ((index . 0).Files.Get "files/not-built.yaml" | fromYamlArray)) -}}true{{- end -}}
{{- end -}}

{{/* Settings that fail on purpose, each with advice. */}}
{{- define "kso.refuse" -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- $namespace := dig "ksNamespace" "" $v | default .Release.Namespace -}}
{{- if ne $namespace .Release.Namespace -}}
{{- fail (printf "ksNamespace is %q but the release goes to namespace %q: install with --namespace %s, or leave ksNamespace empty" $namespace .Release.Namespace $namespace) -}}
{{- end -}}
{{- if not (has (dig "environment" "prod" $v | default "prod") (list "prod")) -}}
{{- fail "environment selects addresses of a vendor that this chart does not know: leave it out and set server instead" -}}
{{- end -}}
{{- if include "kso.on" (dig "capabilities" "autoUpgrading" "" $v) -}}
{{- fail "capabilities.autoUpgrading needs rights on everything in the cluster and is not offered: upgrade with Helm, Argo CD or Flux" -}}
{{- end -}}
{{- if include "kso.on" (dig "capabilities" "testing" "nodeAgentMultiplication" "enabled" "" $v) -}}
{{- fail "capabilities.testing.nodeAgentMultiplication is a load test of another chart and is not offered" -}}
{{- end -}}
{{- if and (include "kso.on" (dig "alertCRD" "scopeClustered" "" $v)) (include "kso.on" (dig "alertCRD" "scopeNamespaced" "" $v)) -}}
{{- fail "alertCRD.scopeClustered and alertCRD.scopeNamespaced exclude each other: set one of them" -}}
{{- end -}}
{{- if and (include "kso.on" (dig "global" "overrideDefaultCaCertificates" "enabled" "" $v)) (not (dig "global" "overrideDefaultCaCertificates" "caCertificates" "" $v)) -}}
{{- fail "global.overrideDefaultCaCertificates.enabled needs the bundle itself in global.overrideDefaultCaCertificates.caCertificates" -}}
{{- end -}}
{{- if and (include "kso.on" (dig "global" "extraCaCertificates" "enabled" "" $v)) (not (dig "global" "extraCaCertificates" "secretName" "" $v)) -}}
{{- fail "global.extraCaCertificates.enabled needs global.extraCaCertificates.secretName, a Secret whose keys are PEM files" -}}
{{- end -}}
{{- $aws := dig "cloudProviderMetadata" "awsIamRoleArn" "" $v | default (dig "awsIamRoleArn" "" $v) -}}
{{- if and $aws (dig "cloudProviderMetadata" "gkeServiceAccount" "" $v) -}}
{{- fail "cloudProviderMetadata.awsIamRoleArn and cloudProviderMetadata.gkeServiceAccount belong to different clouds: set one of them" -}}
{{- end -}}
{{- end -}}
