DROP TABLE account_approval;
