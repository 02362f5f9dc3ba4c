{{/* A Service of the members: `root`, and its own `suffix`, `why` (an annotation), `spec` and `ports`. */}}

{{- define "logstore.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "logstore.fullname" .root }}{{ .suffix }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "logstore.labels" .root | nindent 4 }}
    logstore/service: {{ .role }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml .spec | nindent 2 }}
  selector:
    {{- include "logstore.selectorLabels" .root | nindent 4 }}
  ports:
    {{- if has "tcp-forward" .ports }}
    # The protocol is named twice, for Istio: the server may speak first, so nobody must wait to see what the sender speaks.
    - name: tcp-forward
      port: {{ .root.Values.forward.port }}
      targetPort: tcp-forward
      protocol: TCP
      appProtocol: tcp
    {{- end }}
    {{- if has "http" .ports }}
    - name: http
      port: {{ .root.Values.http.port }}
      targetPort: http
      protocol: TCP
      appProtocol: http
    {{- end }}
{{- end }}
