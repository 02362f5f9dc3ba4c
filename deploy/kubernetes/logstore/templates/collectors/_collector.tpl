{{/* What both collectors are made of. `name` is `fluent-bit` or `fluentd`; `root` is everything. */}}

{{- define "logstore.collectorSelector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: collector
{{- end }}

{{- define "logstore.collectorMetadata" -}}
name: {{ include "logstore.fullname" .root }}-{{ .name }}
namespace: {{ .root.Values.collectors.namespace }}
labels:
  {{- include "logstore.collectorSelector" . | nindent 2 }}
  {{- include "logstore.sharedLabels" .root | nindent 2 }}
{{- end }}

{{/* Where they send to. */}}
{{- define "logstore.forwardHost" -}}
{{- printf "%s.%s.svc" (include "logstore.fullname" .) .Release.Namespace }}
{{- end }}

{{/* Refuses what could not work: secrets are per namespace, so the server's are not the collectors'. */}}
{{- define "logstore.collectorChecks" -}}
{{- if eq .Values.collectors.namespace .Release.Namespace }}
{{- fail (printf "collectors.namespace is %s, where the server is: collectors need what the standard `restricted` refuses, so they have another one" .Release.Namespace) }}
{{- end }}
{{- if and .Values.collectors.sharedKeySecret (not .Values.forward.sharedKey.secretName) }}
{{- fail "collectors.sharedKeySecret: with a key collectors wait for the server's handshake, and the server begins none without forward.sharedKey.secretName" }}
{{- end }}
{{- if and .Values.forward.sharedKey.secretName (not .Values.collectors.sharedKeySecret) }}
{{- fail (printf "the server asks for a shared key: collectors.sharedKeySecret must name a Secret with it in the namespace %s" .Values.collectors.namespace) }}
{{- end }}
{{- if and .Values.forward.tls.secretName (not .Values.collectors.tlsSecret) }}
{{- fail (printf "the server speaks TLS: collectors.tlsSecret must name a Secret with ca.crt in the namespace %s" .Values.collectors.namespace) }}
{{- end }}
{{- end }}

{{/* Account and permissions: to look up of which pod and namespace a file is, and to hear of changes. No more. */}}
{{- define "logstore.collectorAccess" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "logstore.collectorMetadata" . | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- omit (include "logstore.collectorMetadata" . | fromYaml) "namespace" | toYaml | nindent 2 }}
rules:
  - apiGroups: [""]
    resources: [pods, namespaces]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- omit (include "logstore.collectorMetadata" . | fromYaml) "namespace" | toYaml | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "logstore.fullname" .root }}-{{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "logstore.fullname" .root }}-{{ .name }}
    namespace: {{ .root.Values.collectors.namespace }}
{{- end }}

{{/* Nobody connects to a collector but the kubelet. It asks the cluster, and sends to the server. */}}
{{- define "logstore.collectorPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "logstore.collectorMetadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "logstore.collectorSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if eq (include "logstore.mesh" .root) "ambient" }}
  ingress:
    # Probes, from the address that ztunnel gives them.
    - from:
        - ipBlock:
            cidr: 169.254.7.127/32
  {{- else }}
  ingress: []
  {{- end }}
  egress:
    # Names and the API server have no labels that hold in every cluster.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
        - {port: 443, protocol: TCP}
        - {port: 6443, protocol: TCP}
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {{ .root.Release.Namespace }}
          podSelector:
            matchLabels:
              {{- include "logstore.selectorLabels" .root | nindent 14 }}
      ports:
        - {port: {{ .root.Values.forward.port }}, protocol: TCP}
        {{- if eq (include "logstore.mesh" .root) "ambient" }}
        # The tunnel.
        - {port: 15008, protocol: TCP}
        {{- end }}
    {{- if eq (include "logstore.mesh" .root) "sidecar" }}
    {{- include "logstore.towardsIstio" .root | nindent 4 }}
    {{- end }}
{{- end }}

{{/* The DaemonSet. Also given: `values` (of this collector), `configPath`, `probe`, `config` (its text). */}}
{{- define "logstore.collectorDaemonSet" -}}
{{- $collectors := .root.Values.collectors }}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  {{- include "logstore.collectorMetadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "logstore.collectorSelector" . | nindent 6 }}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 10%
  template:
    metadata:
      labels:
        {{- include "logstore.collectorSelector" . | nindent 8 }}
        {{- with include "logstore.merged" (list .root.Values.commonLabels (include "logstore.meshLabels" .root | fromYaml)) }}
        {{- . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ .config | sha256sum }}
        # Its own lines about what it cannot send would be more that it cannot send.
        fluentbit.io/exclude: "true"
    spec:
      serviceAccountName: {{ include "logstore.fullname" .root }}-{{ .name }}
      # It asks the API server about pods.
      automountServiceAccountToken: true
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      {{- with $collectors.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        # The files of the logs are root's, and so is the directory for buffers; of root's powers it has none.
        runAsUser: 0
        runAsGroup: 0
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .name }}
          image: {{ include "logstore.image" (dict "image" .values.image "fallback" "") | quote }}
          imagePullPolicy: {{ .values.image.pullPolicy }}
          {{- with .command }}
          command:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            # The name in the handshake; senders must not be called as the server is.
            - name: NODE_NAME
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
            {{- if $collectors.sharedKeySecret }}
            - name: LOGSTORE_SHARED_KEY
              valueFrom:
                secretKeyRef:
                  name: {{ $collectors.sharedKeySecret }}
                  key: {{ $collectors.sharedKeyKey }}
            {{- end }}
          ports:
            - name: metrics
              containerPort: {{ .port }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          livenessProbe:
            httpGet: {path: {{ .probe }}, port: metrics}
            initialDelaySeconds: 20
            periodSeconds: 30
            timeoutSeconds: 5
            failureThreshold: 5
          volumeMounts:
            - {name: config, mountPath: {{ .configPath }}, readOnly: true}
            # Names of files, and the files that they lead to.
            - {name: containers, mountPath: /var/log/containers, readOnly: true}
            - {name: pods, mountPath: /var/log/pods, readOnly: true}
            - {name: buffers, mountPath: /buffers}
            - {name: tmp, mountPath: /tmp}
            {{- if $collectors.tlsSecret }}
            - {name: tls, mountPath: /tls, readOnly: true}
            {{- end }}
      volumes:
        - name: config
          configMap:
            name: {{ include "logstore.fullname" .root }}-{{ .name }}
        - name: containers
          hostPath:
            path: /var/log/containers
        - name: pods
          hostPath:
            path: /var/log/pods
        - name: buffers
          hostPath:
            # One for each release: two collectors must not share it.
            path: {{ $collectors.bufferPath }}/{{ include "logstore.fullname" .root }}-{{ .name }}
            type: DirectoryOrCreate
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- with $collectors.tlsSecret }}
        - name: tls
          secret:
            secretName: {{ . }}
        {{- end }}
      {{- with $collectors.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $collectors.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
