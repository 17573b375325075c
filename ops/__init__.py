"""What is asked and done from outside of the product: health, backup, restore."""
