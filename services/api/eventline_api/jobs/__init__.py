"""Jobs: deploying, reading, renaming, switching, deleting and executing them."""
