{{- define "penstock.name" -}}
{{- printf "%s-operator" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "penstock.labels" -}}
app.kubernetes.io/name: penstock
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "penstock.selector" -}}
app.kubernetes.io/name: penstock
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* The served version of the mutating policies' API; empty where it is not served. */}}
{{- define "penstock.mutatingVersion" -}}
{{- range list "v1" "v1beta1" -}}
{{- if $.Capabilities.APIVersions.Has (printf "admissionregistration.k8s.io/%s/MutatingAdmissionPolicy" .) -}}
{{ . }}{{ break }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Who puts sidecars into pods: "AdmissionPolicy" or "Webhook". */}}
{{- define "penstock.injector" -}}
{{- $served := include "penstock.mutatingVersion" . -}}
{{- if and (eq .Values.admission.injector "AdmissionPolicy") (not $served) -}}
{{- fail "admission.injector: this cluster does not serve MutatingAdmissionPolicy; use Auto or Webhook" -}}
{{- else if ne .Values.admission.injector "Auto" -}}
{{ .Values.admission.injector }}
{{- else -}}
{{ ternary "AdmissionPolicy" "Webhook" (ne $served "") }}
{{- end -}}
{{- end -}}

{{/* The namespaces whose pods are never touched, as a list in JSON. */}}
{{- define "penstock.excludedNamespaces" -}}
{{- concat (list "kube-system" "kube-node-lease" .Release.Namespace) .Values.admission.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* The namespaces whose pods are looked at. */}}
{{- define "penstock.namespaceSelector" -}}
{{- $never := include "penstock.excludedNamespaces" . | fromJsonArray -}}
{{- if has (toString .Values.watchNamespace) $never -}}
{{- fail (printf "watchNamespace: pods of %s are never touched (it is the release's namespace, Kubernetes' or one of admission.excludedNamespaces); install the release into another namespace" .Values.watchNamespace) -}}
{{- end -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ toJson $never }}
{{- with .Values.watchNamespace }}
- key: kubernetes.io/metadata.name
  operator: In
  values: [{{ . | quote }}]
{{- end }}
{{- end -}}

{{/* CEL: whether the selector `$s` takes the pod. */}}
{{- define "penstock.selects" -}}
{{- $s := . -}}
{{ $s }}.?matchLabels.orValue({}).all(k, k in object.metadata.?labels.orValue({}) && object.metadata.labels[k] == {{ $s }}.matchLabels[k]) &&
{{ $s }}.?matchExpressions.orValue([]).all(e,
  e.operator == 'In' ? (e.key in object.metadata.?labels.orValue({}) && object.metadata.labels[e.key] in e.values) :
  e.operator == 'NotIn' ? !(e.key in object.metadata.?labels.orValue({}) && object.metadata.labels[e.key] in e.values) :
  e.operator == 'Exists' ? e.key in object.metadata.?labels.orValue({}) : !(e.key in object.metadata.?labels.orValue({})))
{{- end -}}

{{/* Which pods may be injected at all, whatever policies say. */}}
{{- define "penstock.mayHave" -}}
- name: not-opted-out
  expression: "object.metadata.?annotations[?'penstock.dev/inject'].orValue('') != 'false'"
- name: pod-network
  expression: "!object.spec.?hostNetwork.orValue(false)"
# The copy of a pod that its kubelet runs by a file: a change of it changes nothing there, and the API server refuses it.
- name: no-mirror
  expression: "!('kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({}))"
{{- end -}}

{{/* The same, less those that are injected. */}}
{{- define "penstock.injectable" -}}
{{ include "penstock.mayHave" . }}
- name: not-yet-injected
  expression: "!object.spec.?initContainers.orValue([]).exists(c, c.name == 'penstock-sidecar')"
{{- end -}}

{{/* Which pods a policy's injection concerns; the same for both admission policies. */}}
{{- define "penstock.concerns" -}}
# Written by the operator once the policy is accepted.
- name: has-injection
  expression: "has(params.status) && has(params.status.injection)"
- name: selected
  expression: >-
    {{- include "penstock.selects" "params.status.injection.selector" | nindent 4 }}
# Policies are evaluated in no order; the operator names the older ones that may take the same pod.
- name: no-older-policy
  expression: >-
    !params.status.injection.?yields.orValue([]).exists(s,
    {{- include "penstock.selects" "s" | nindent 4 }})
{{- end -}}

{{/* CEL: no proxy keeps container c from the sidecar; "override" comes as the expression to use. */}}
{{- define "penstock.reachesSidecar" -}}
(!c.?env.orValue([]).exists(v, v.name.matches('^(?i:(http|https|all)_proxy)$') && (has(v.valueFrom) ||
      v.?value.orValue('') != '')) || {{ . }} && c.?env.orValue([]).exists(v, v.name.matches('^(?i:no_proxy)$') &&
      v.?value.orValue('').matches('(^|,) *(127[.]0[.]0[.]1|[*]) *(,|$)')))
{{- end }}

{{/* CEL: port p of a container is the one of this number; a number is one port for each protocol, and HTTP is the one of TCP. */}}
{{- define "penstock.isTcpPort" -}}
p.containerPort == {{ . }} && p.?protocol.orValue('TCP') == 'TCP'
{{- end }}
