CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`webhooks_enabled` integer DEFAULT true NOT NULL,
	`config_version` integer NOT NULL,
	`shards` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`object_id` text NOT NULL,
	`before` text,
	`after` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_by_account` ON `audit` (`account_id`,`id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text,
	`name` text NOT NULL,
	`scope` text NOT NULL,
	`hash` text NOT NULL,
	`hint` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash_unique` ON `keys` (`hash`);--> statement-breakpoint
CREATE INDEX `keys_by_account` ON `keys` (`account_id`,`id`);--> statement-breakpoint
CREATE TABLE `numbers` (
	`account_id` text NOT NULL,
	`number` text NOT NULL,
	`label` text DEFAULT '' NOT NULL,
	`digits` text NOT NULL,
	PRIMARY KEY(`account_id`, `number`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `webhook_versions` (
	`webhook_id` text NOT NULL,
	`account_id` text NOT NULL,
	`version` integer NOT NULL,
	`config` text NOT NULL,
	`created_at` integer NOT NULL,
	`replaced_at` integer,
	PRIMARY KEY(`webhook_id`, `version`)
);
--> statement-breakpoint
CREATE INDEX `webhook_versions_replaced` ON `webhook_versions` (`account_id`,`replaced_at`) WHERE replaced_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`kind` text DEFAULT 'call' NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`triggers` text NOT NULL,
	`url` text NOT NULL,
	`method` text NOT NULL,
	`content_type` text NOT NULL,
	`call_type` text NOT NULL,
	`outbound_types` text NOT NULL,
	`numbers` text NOT NULL,
	`date_time_format` text NOT NULL,
	`time_zone` text NOT NULL,
	`headers` text NOT NULL,
	`parameters` text NOT NULL,
	`body` text NOT NULL,
	`value_types` text NOT NULL,
	`nested_form` text NOT NULL,
	`ordering` text NOT NULL,
	`rate_limit` real,
	`max_age_seconds` integer,
	`version` integer NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`status_reason` text,
	`status_changed_at` integer NOT NULL,
	`discards` integer DEFAULT 0 NOT NULL,
	`secrets` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `webhooks_by_account` ON `webhooks` (`account_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `webhooks_operational` ON `webhooks` (`account_id`) WHERE kind = 'operational';