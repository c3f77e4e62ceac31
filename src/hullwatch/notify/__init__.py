"""Who is told what and when, and telling them."""
