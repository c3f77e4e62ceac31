"""Foreign APIs, one folder each: their words go no deeper."""
