"""Images and containers: reading layers where they lie or as they flow, merging them, facts to an inventory."""
