"""Full pushes: everything a platform is to have goes out again, with progress."""
