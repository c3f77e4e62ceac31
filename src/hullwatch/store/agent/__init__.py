"""What an agent remembers: results, events, known files, lines not yet written. Plain sqlite3, each file with one writer."""
