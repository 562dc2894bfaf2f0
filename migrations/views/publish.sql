-- Views other services read of publish.
SELECT 1;
