"""How dates look where Django writes them (the staff's lists), in languages whose own habit Django gets wrong for Europe."""
