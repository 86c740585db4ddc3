{{/* The capabilities as asked for, aliases of older charts included, as YAML: name → enable | disable. */}}
{{- define "kso.askedCapabilities" -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- $asked := dict -}}
{{- range $name, $value := omit (dig "capabilities" dict $v) "testing" -}}
{{- if has $name (list "seccompProfileBackend") -}}
{{- $_ := set $asked $name $value -}}
{{- else -}}
{{- $_ := set $asked $name (ternary "enable" "disable" (or (not (empty (include "kso.on" $value))) (eq ($value | toString) "detect"))) -}}
{{- end -}}
{{- end -}}
{{- $switches := dict "configurationScan" "kubescape" "vulnerabilityScan" "kubevuln" "operator" "operator" -}}
{{- range $name, $component := $switches -}}
{{- if eq (dig $component "enabled" true $v | toString) "false" -}}{{- $_ := set $asked $name "disable" -}}{{- end -}}
{{- end -}}
{{- if include "kso.on" (dig "kubevuln" "config" "vexGeneration" "" $v) -}}{{- $_ := set $asked "vexGeneration" "enable" -}}{{- end -}}
{{- toYaml $asked -}}
{{- end -}}

{{/* What was asked for and does not work, with the reason, as a YAML list of texts. The one source for NOTES and `ks-capabilities`. */}}
{{- define "kso.warnings" -}}
{{- $s := include "kso.settings" . | fromYaml -}}
{{- $v := include "kso.values" . | fromJson -}}
{{- $warnings := list -}}
{{- $missing := list -}}
{{- range $name, $value := $s.capabilities -}}
{{- if and (eq ($value | toString) "enable") (not (include "kso.isBuilt" (list $ $name))) -}}{{- $missing = append $missing $name -}}{{- end -}}
{{- end -}}
{{- if $missing -}}{{- $warnings = append $warnings (printf "not built yet, without effect: %s" (join ", " $missing)) -}}{{- end -}}
{{- if not (has "enable" (list (get $s.capabilities "operator"))) -}}
{{- $warnings = append $warnings "capabilities.operator is off: no scans on command and no scheduled scans" -}}
{{- end -}}
{{- if and (eq (get $s.capabilities "continuousScan" | default "disable") "enable") (ne (get $s.capabilities "configurationScan") "enable") -}}
{{- $warnings = append $warnings "capabilities.continuousScan needs configurationScan" -}}
{{- end -}}
{{- if and (or $s.compact (has "kubescape" $s.components)) (not (include "kso.on" (dig "global" "enableClusterWideSecretAccess" false $v))) -}}
{{- $warnings = append $warnings "Secrets are not read: controls about Secrets are not evaluated (global.enableClusterWideSecretAccess)" -}}
{{- end -}}
{{- if and (not $s.compact) (not $s.reportUrl) (not $s.backend) -}}
{{- $warnings = append $warnings "neither server nor cloudEndpoint is on: results stay inside the scanners" -}}
{{- end -}}
{{- if $s.isReceiverGuessed -}}
{{- $warnings = append $warnings (printf "addresses are not discovered yet: reports go to %s; set eventReceiverHttpUrl or serviceDiscovery.services" $s.reportUrl) -}}
{{- end -}}
{{- if not $s.persistence -}}
{{- $warnings = append $warnings "persistence is off: a deleted pod loses its queue, its results and the reports that were not sent yet" -}}
{{- end -}}
{{- if $s.compact -}}
{{- $warnings = append $warnings "profile compact looks at all namespaces: includeNamespaces and excludeNamespaces have no effect" -}}
{{- end -}}
{{- if and (include "kso.on" (dig "kubevulnWorker" "enabled" "" $v)) (not (has "kubevuln-worker" $s.components)) -}}
{{- if $s.compact -}}
{{- $warnings = append $warnings "profile compact scans images in its one pod, without Redis: kubevulnWorker.enabled has no effect" -}}
{{- else -}}
{{- $warnings = append $warnings "capabilities.vulnerabilityScan is off: kubevulnWorker.enabled has no effect" -}}
{{- end -}}
{{- end -}}
{{- if and (has "inventory" $s.components) (not (include "kso.inventoryUrl" (dict "root" . "settings" $s))) -}}
{{- $warnings = append $warnings "inventories are sent nowhere: set inventory.anchore.url" -}}
{{- end -}}
{{- if and (include "kso.on" (dig "serviceScanConfig" "enabled" "" $v)) (not (include "kso.isBuilt" (list . "serviceScan"))) -}}
{{- $warnings = append $warnings "scans of exposed Services are not built yet: serviceScanConfig.enabled has no effect" -}}
{{- end -}}
{{- $scaled := list -}}
{{- $single := list "operator" "gateway" "kubescape" "kubevuln" -}}
{{- if not (include "kso.kollectorElects" .) -}}{{- $single = append $single "kollector" -}}
{{- else if dig "kollector" "persistence" "enabled" false $v -}}
{{- $warnings = append $warnings "several pods of kollector share no volume: kollector.persistence has no effect" -}}
{{- end -}}
{{- range $single -}}
{{- if gt (dig . "replicaCount" 1 $v | int) 1 -}}{{- $scaled = append $scaled . -}}{{- end -}}
{{- end -}}
{{- if $scaled -}}
{{- $warnings = append $warnings (printf "one pod only: replicaCount of %s" (join ", " $scaled)) -}}
{{- end -}}
{{- if eq (get $s.capabilities "registryScan" | default "disable") "enable" -}}
{{- if $s.compact -}}
{{- $warnings = append $warnings "profile compact scans only registries that need no login by command: capabilities.registryScan has no effect" -}}
{{- else if not (has "registryScan" $s.features) -}}
{{- $warnings = append $warnings "capabilities.registryScan needs operator and vulnerabilityScan" -}}
{{- end -}}
{{- end -}}
{{- if and (include "kso.on" (dig "operator" "newImages" "enabled" "auto" $v)) (not (has "newImages" $s.features)) -}}
{{- if or $s.compact (and (has "operator" $s.components) (has "kubevuln" $s.components)) -}}
{{- $warnings = append $warnings "kollector asks for scans of new images, so the operator does not: operator.newImages.enabled has no effect" -}}
{{- else -}}
{{- $warnings = append $warnings "operator.newImages.enabled needs capabilities.operator and vulnerabilityScan" -}}
{{- end -}}
{{- end -}}
{{- if and (or $s.compact (has "kubevuln" $s.components)) (not (has "pullSecrets" $s.features)) -}}
{{- $warnings = append $warnings "pull secrets of workloads are not read: images of private registries need imageScanning.privateRegistries" -}}
{{- end -}}
{{- $policy := dig "global" "networkPolicy" dict $v -}}
{{- if and $policy.enabled (not $policy.metricsFrom) -}}
{{- $scraped := $s.annotateForPrometheus -}}
{{- range list "operator" "gateway" "kubescape" "kubevuln" "kubevulnWorker" "kollector" "inventory" "cloudEndpoint" "suite" -}}
{{- if dig . "serviceMonitor" "enabled" false $v -}}{{- $scraped = true -}}{{- end -}}
{{- end -}}
{{- if $scraped -}}
{{- $warnings = append $warnings "NetworkPolicies let nobody scrape metrics: name those who may in global.networkPolicy.metricsFrom" -}}
{{- end -}}
{{- end -}}
{{- toYaml $warnings -}}
{{- end -}}

{{/* Settings that are taken and make things less safe, as a YAML list of texts. */}}
{{- define "kso.insecure" -}}
{{- $notes := list -}}
{{- range (.Values.imageScanning.privateRegistries.credentials | default list) -}}
{{- if or .skipTlsVerify .insecure -}}{{- $notes = append $notes (printf "insecure: registry %s is reached without checked TLS" .registry) -}}{{- end -}}
{{- end -}}
{{- if .Values.global.enableClusterWideSecretAccess -}}{{- $notes = append $notes "insecure: the scanner may read all Secrets (global.enableClusterWideSecretAccess)" -}}{{- end -}}
{{- if .Values.global.allowUpstreamImages -}}{{- $notes = append $notes "experiment: images of Kubescape are run in place of our own (global.allowUpstreamImages)" -}}{{- end -}}
{{- if not .Values.rbac.create -}}{{- $notes = append $notes "rbac.create is off: create the rights of README.md yourself; without those of make-secrets also name redis.auth.existingSecret and credentials.cloudSecret" -}}{{- end -}}
{{- toYaml $notes -}}
{{- end -}}

{{/* Image blocks of Kubescape's charts that are left aside (R16). */}}
{{- define "kso.upstreamImages" -}}
{{- $ignored := list -}}
{{- range $key := list "operator" "gateway" "kubescape" "kubevuln" "kollector" "kubevulnWorker" "inventory" "kubescapeScheduler" "kubevulnScheduler" "registryScanScheduler" -}}
{{- if include "kso.isUpstreamImage" (dict "root" $ "image" (dig $key "image" dict $.Values.AsMap | default dict)) -}}{{- $ignored = append $ignored (printf "%s.image" $key) -}}{{- end -}}
{{- end -}}
{{- $notes := list -}}
{{- if $ignored -}}{{- $notes = append $notes (printf "images below quay.io/kubescape are not ours and are left aside: %s" (join ", " $ignored)) -}}{{- end -}}
{{- toYaml $notes -}}
{{- end -}}
