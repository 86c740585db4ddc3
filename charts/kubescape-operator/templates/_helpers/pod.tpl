{{/*
The pod of every workload. In: dict root, settings, c: the component as its own file describes it:

  key          values of the component are below .Values.<key>
  values       the values themselves, for what has no such key
  component    value of the label app.kubernetes.io/component, name of the container
  args         what the image runs
  engines      true: the image with Syft, Grype and opa
  foreign      an image of somebody else (registry, repository, tag, digest); then no Node.js settings
  command      only with foreign
  token        true: talks to the Kubernetes API
  operatorToken, gatewayToken  true: shows a token to the operator, to the gateway, if those ask for one
  kubevulnToken  true: shows a token to kubevuln
  credentials  true: mounts the account's Secret
  cloudConfig  true: mounts clusterData.json and services.json
  redis        environment prefix of the service that uses Redis, or empty
  ports        container ports by name; `health` (8000) is added for our own services
  probes       overrides; `{}`: the usual ones on the port `health`; false: none
  env          variables by name
  secretEnv    list of name, secret, key
  envFrom      more of it from whole Secrets
  mounts, volumes, initContainers
  floor        MiB below which the container cannot start
  user         id to run as (default 65532)
  restart      restartPolicy of a job
*/}}
{{- define "kso.podTemplate" -}}
{{- $root := .root -}}
{{- $s := .settings -}}
{{- $c := .c -}}
{{- $v := $c.values | default (get $root.Values $c.key) | default dict -}}
{{- $outgoing := dict "env" list "mounts" list "volumes" list -}}
{{- if not $c.foreign -}}{{- $outgoing = include "kso.outgoing" $root | fromYaml -}}{{- end -}}
{{- $annotations := merge (deepCopy ($v.podAnnotations | default dict)) (deepCopy ($root.Values.additionalAnnotations | default dict)) (include "kso.checksums" . | fromYaml) -}}
{{- if and $s.annotateForPrometheus $c.metrics -}}
{{- $annotations = merge $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/path" "/metrics" "prometheus.io/port" "8000") -}}
{{- end -}}
{{- if $root.Values.global.addRevisionLabel -}}{{- $annotations = merge $annotations (dict "helm.sh/revision" ($root.Release.Revision | toString)) -}}{{- end -}}
{{- $labels := merge (include "kso.podLabels" (list $root $c.component) | fromYaml) ($c.labels | default dict) -}}
{{- if and $s.telemetry (not $c.foreign) -}}{{- $labels = merge $labels (dict "otel" "enabled") -}}{{- end -}}
{{- if and $c.token (dig "cloudProviderMetadata" "azureWorkloadIdentityClientID" "" (include "kso.values" $root | fromJson)) -}}{{- $labels = merge $labels (dict "azure.workload.identity/use" "true") -}}{{- end -}}
{{- $labels = merge $labels (deepCopy ($v.podLabels | default dict)) (deepCopy ($root.Values.additionalLabels | default dict)) -}}
metadata:
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "kso.serviceAccountName" . | quote }}
  automountServiceAccountToken: {{ $c.token | default false }}
  enableServiceLinks: false
  {{- with $c.restart }}
  restartPolicy: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds | default 30 }}
  securityContext:
    {{- include "kso.podSecurity" . | nindent 4 }}
  {{- with include "kso.pullSecrets" $root }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  {{- include "kso.scheduling" . | nindent 2 }}
  {{- with $c.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ $c.component }}
      {{- if $c.foreign }}
      {{- include "kso.foreignImage" (dict "root" $root "image" $c.foreign) | nindent 6 }}
      {{- with $c.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- else }}
      {{- include "kso.ownImage" (dict "root" $root "own" $v.image "engines" $c.engines) | nindent 6 }}
      {{- end }}
      {{- with $c.args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "kso.containerSecurity" $v.containerSecurityContext | nindent 8 }}
      {{- $ports := $c.ports | default dict }}
      {{- if $c.metrics }}{{- $ports = merge (dict "health" 8000) $ports }}{{- end }}
      {{- with $ports }}
      ports:
        {{- range $name, $port := . }}
        - name: {{ $name }}
          containerPort: {{ $port }}
          protocol: TCP
        {{- end }}
      {{- end }}
      {{- include "kso.env" (dict "root" $root "settings" $s "c" $c "v" $v "outgoing" $outgoing) | nindent 6 }}
      {{- include "kso.probes" (dict "c" $c "v" $v) | nindent 6 }}
      resources:
        {{- include "kso.resources" (dict "values" $v "floor" ($c.floor | default 0)) | nindent 8 }}
      volumeMounts:
        {{- $mounts := concat (include "kso.commonMounts" . | fromYamlArray) ($c.mounts | default list) $outgoing.mounts ($root.Values.volumeMounts | default list) ($v.volumeMounts | default list) }}
        {{- toYaml $mounts | nindent 8 }}
  volumes:
    {{- $volumes := concat (include "kso.commonVolumes" . | fromYamlArray) ($c.volumes | default list) $outgoing.volumes ($root.Values.volumes | default list) ($v.volumes | default list) }}
    {{- toYaml $volumes | nindent 4 }}
{{- end -}}

{{- define "kso.serviceAccountName" -}}
{{- $v := .c.values | default (get .root.Values .c.key) | default dict -}}
{{- $account := $v.serviceAccount | default dict -}}
{{- $account.name | default ($v.name | default .c.component) -}}
{{- end -}}

{{/* Pod Security "restricted"; on OpenShift the ids are its own. */}}
{{- define "kso.podSecurity" -}}
{{- $user := .c.user | default 65532 -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if not .settings.openshift -}}
{{- $context = merge $context (dict "runAsUser" $user "runAsGroup" $user "fsGroup" $user "fsGroupChangePolicy" "OnRootMismatch") -}}
{{- end -}}
{{- toYaml (mergeOverwrite $context (deepCopy ((.c.values | default (get .root.Values .c.key) | default dict).podSecurityContext | default dict))) -}}
{{- end -}}

{{- define "kso.containerSecurity" -}}
{{- $context := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- toYaml (mergeOverwrite $context (deepCopy (. | default dict))) -}}
{{- end -}}

{{/* Where the pod may run. The selectors are merged; of the rest the component's own wins over the common one. */}}
{{- define "kso.scheduling" -}}
{{- $v := .c.values | default (get .root.Values .c.key) | default dict -}}
{{- $common := .root.Values.customScheduling | default dict -}}
{{- $tolerations := $v.tolerations | default ($common.tolerations | default (get (include "kso.values" .root | fromJson) "tolerations")) -}}
{{- with merge (deepCopy ($v.nodeSelector | default dict)) (deepCopy ($common.nodeSelector | default dict)) }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.affinity | default $common.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.topologySpreadConstraints | default $common.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.priorityClassName | default $common.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{/*
Start-up, liveness and readiness. Start-up asks whether the process answers, not whether it is ready: a scanner that waits for a vulnerability
database must not be restarted for that.
*/}}
{{- define "kso.probes" -}}
{{- if .c.metrics }}
startupProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/livez" "port" "health" "scheme" "HTTP") "periodSeconds" 5 "timeoutSeconds" 3 "failureThreshold" 60 "successThreshold" 1) (deepCopy (.v.startupProbe | default dict))) | nindent 2 }}
livenessProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/livez" "port" "health" "scheme" "HTTP") "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 3 "successThreshold" 1) (deepCopy (.v.livenessProbe | default dict))) | nindent 2 }}
readinessProbe:
  {{- toYaml (mergeOverwrite (dict "httpGet" (dict "path" "/readyz" "port" "health" "scheme" "HTTP") "periodSeconds" 5 "timeoutSeconds" 3 "failureThreshold" 3 "successThreshold" 1) (deepCopy (.v.readinessProbe | default dict))) | nindent 2 }}
{{- else if .c.probePort }}
livenessProbe:
  {{- toYaml (mergeOverwrite (dict "tcpSocket" (dict "port" .c.probePort) "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 6 "successThreshold" 1) (deepCopy (.v.livenessProbe | default dict))) | nindent 2 }}
readinessProbe:
  {{- toYaml (mergeOverwrite (dict "tcpSocket" (dict "port" .c.probePort) "periodSeconds" 5 "timeoutSeconds" 3 "failureThreshold" 3 "successThreshold" 1) (deepCopy (.v.readinessProbe | default dict))) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Values of what runs once and takes none from the user: small, on Linux. */}}
{{- define "kso.onceValues" -}}
nodeSelector: {kubernetes.io/os: linux}
resources:
  requests: {cpu: 10m, memory: 64Mi}
  limits: {cpu: 500m, memory: 128Mi}
{{- end -}}
