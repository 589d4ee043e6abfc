"""`webhook/request`: any sender that can post to an address makes an event."""
