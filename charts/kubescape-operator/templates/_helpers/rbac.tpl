{{/* Binds a Role to the ServiceAccount of the same component. In: list <root> <component> <name of account and Role>. */}}
{{- define "kso.roleBinding" -}}
{{- $root := index . 0 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "kso.metadata" (list $root (index . 1) (index . 1)) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ index . 1 }}
subjects:
  - kind: ServiceAccount
    name: {{ index . 2 | quote }}
    namespace: {{ $root.Release.Namespace | quote }}
{{- end -}}

{{/* A ClusterRole of a component and its binding. In: dict root, settings, component, rules (YAML list). */}}
{{- define "kso.clusterRole" -}}
{{- $c := include (printf "kso.component.%s" .component) . | fromYaml }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "kso.clusterMetadata" (list .root .component .component) | nindent 2 }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "kso.clusterMetadata" (list .root .component .component) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "kso.clusterName" (list .root .component) }}
subjects:
  - kind: ServiceAccount
    name: {{ include "kso.serviceAccountName" (dict "root" .root "c" $c) | quote }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end -}}

{{/* A Role of a component and its binding. In: dict root, settings, component, rules (YAML list). */}}
{{- define "kso.role" -}}
{{- $c := include (printf "kso.component.%s" .component) . | fromYaml }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "kso.metadata" (list .root .component .component) | nindent 2 }}
rules:
  {{- .rules | trim | nindent 2 }}
{{- include "kso.roleBinding" (list .root .component (include "kso.serviceAccountName" (dict "root" .root "c" $c))) }}
{{- end -}}

{{/* What scans on command need: pods, and what runs them. */}}
{{- define "kso.rules.operator" -}}
- apiGroups: [""]
  resources: [pods, nodes, namespaces, services, replicationcontrollers]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets, daemonsets]
  verbs: [get, list, watch]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list, watch]
{{- if has "operatorAuth" .settings.features }}
{{- include "kso.rules.tokenReviews" . }}
{{- end }}
{{- end -}}

{{/* What asking the API server takes whose token somebody shows. */}}
{{- define "kso.rules.tokenReviews" }}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end -}}

{{/* In its namespace: CronJobs and ConfigMaps of recurring scans, OperatorCommand objects and the Lease of who looks after them. */}}
{{- define "kso.ownRules.operator" -}}
- apiGroups: [batch]
  resources: [cronjobs]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, delete]
- apiGroups: [kubescape.io]
  resources: [operatorcommands]
  verbs: [get, list, watch, delete]
- apiGroups: [kubescape.io]
  resources: [operatorcommands/status]
  verbs: [patch]
{{- include "kso.rules.lease" "operator" }}
{{- if has "registryScan" .settings.features }}
{{- /* Logins, schedules and Jobs of registries that commands set up: what is made later has no name to restrict this to. */}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, create, delete]
{{- end }}
{{- end -}}

{{/* What competing for a Lease takes. In: its name. */}}
{{- define "kso.rules.lease" }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ . }}]
  verbs: [get, update]
{{- end -}}

{{/*
Pull secrets of workloads: those are read one by one, by the names that a workload and its ServiceAccount give. No list: who wants to know a
Secret has to know its name.
*/}}
{{- define "kso.rules.pullSecrets" }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end -}}

{{/* Secrets with logins of registries in the own namespace, by name, or any where commands make more of them. In: settings. */}}
{{- define "kso.rules.registryLogins" -}}
{{- if has "registryScan" .features }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- else if .loginSecrets }}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: {{ .loginSecrets | toJson }}
  verbs: [get]
{{- end }}
{{- end -}}

{{- define "kso.rules.kollector" -}}
- apiGroups: [""]
  resources: [pods, namespaces, nodes, services, replicationcontrollers]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets, daemonsets]
  verbs: [get, list, watch]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list, watch]
{{- end -}}

{{/* Workloads by their names: what pull secrets they name, what labels they have. */}}
{{- define "kso.rules.workloads" }}
- apiGroups: [""]
  resources: [pods, replicationcontrollers]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets, daemonsets]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get]
{{- end -}}

{{/*
Pull secrets with who names them; whose token a worker shows; exceptions that people keep as objects, and the labels of namespaces and workloads
that those select by.
*/}}
{{- define "kso.rules.kubevuln" -}}
{{- if has "pullSecrets" .settings.features }}
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
{{- include "kso.rules.workloads" . }}
{{- include "kso.rules.pullSecrets" . }}
{{- end }}
{{- if has "workers" .settings.features }}
{{- include "kso.rules.tokenReviews" . }}
{{- end }}
{{- if has "riskAcceptance" .settings.features }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list]
- apiGroups: [kubescape.io]
  resources: [securityexceptions, clustersecurityexceptions]
  verbs: [list]
{{- include "kso.rules.workloads" . }}
{{- end }}
{{- end -}}

{{- define "kso.rules.inventory" -}}
- apiGroups: [""]
  resources: [pods, nodes, namespaces]
  verbs: [get, list, watch]
{{- end -}}

{{/* It registers under its Deployment. */}}
{{- define "kso.ownRules.inventory" -}}
- apiGroups: [apps]
  resources: [deployments, replicasets]
  verbs: [get]
{{- end -}}

{{/* The kinds that the control library reads, and no others; Secrets only if asked (R14). */}}
{{- define "kso.rules.kubescape" -}}
{{- range $group, $resources := .root.Files.Get "files/scanned-kinds.yaml" | fromYaml }}
- apiGroups: [{{ $group | quote }}]
  resources: {{ $resources | toJson }}
  verbs: [get, list, watch]
{{- end }}
{{- if .root.Values.global.enableClusterWideSecretAccess }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
{{- end }}
{{- if has "riskAcceptance" .settings.features }}
- apiGroups: [kubescape.io]
  resources: [securityexceptions, clustersecurityexceptions]
  verbs: [get, list, watch]
{{- end }}
{{- end -}}
