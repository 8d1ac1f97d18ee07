CREATE TABLE `idempotent_requests` (
	`id` text PRIMARY KEY NOT NULL,
	`token` text NOT NULL,
	`request` text NOT NULL,
	`answer` text,
	`claimed_at` integer NOT NULL,
	`created_at` integer NOT NULL
);
