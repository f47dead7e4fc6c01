"""The board for machines: Prometheus metrics and a verdict on health."""
