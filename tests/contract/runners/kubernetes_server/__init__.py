"""A server that speaks the protocol of Kubernetes for pods, secrets, events, watch and exec, and runs the containers.

It is a program of its own (`__main__.py`), so that nothing but HTTP and WebSocket over TLS is between it and a runner.
`app.py` has the routes, `streams.py` the exec, `rules.py` what it refuses (schemas of the oldest and the newest
version, the role in `deploy/kubernetes/`, the Pod Security Standard «restricted»), `objects.py` what it knows,
`kubelet.py` the life of a pod, `images.py` what can be pulled, `sandbox.py` containers made of the namespaces of Linux,
`control.py` the faults that tests ask for. What it does not prove is told in `docs/guides/kubernetes.md`.
"""
