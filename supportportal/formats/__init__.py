"""How dates look where Django writes them (the staff's lists), where Django gets a language's habit wrong."""
