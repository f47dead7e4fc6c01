"""From books to baskets: templates, the gate, the exact sweep, the firewall. Pure."""
