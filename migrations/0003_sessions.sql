CREATE TABLE `portal_links` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`key_id` text,
	`admin_mark` text,
	`account_id` text NOT NULL,
	`scope` text NOT NULL,
	`session_seconds` integer NOT NULL,
	`user` text,
	`path` text NOT NULL,
	`embed_origin` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `portal_links_hash_unique` ON `portal_links` (`hash`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`key_id` text,
	`admin_mark` text,
	`link_id` text,
	`scope` text NOT NULL,
	`account_id` text,
	`user` text,
	`embed_origin` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	FOREIGN KEY (`key_id`) REFERENCES `keys`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_hash_unique` ON `sessions` (`hash`);--> statement-breakpoint
CREATE INDEX `sessions_by_account` ON `sessions` (`account_id`,`id`);--> statement-breakpoint
ALTER TABLE `audit` ADD `actor_user` text;