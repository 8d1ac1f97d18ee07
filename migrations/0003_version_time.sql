ALTER TABLE `webhook_versions` ADD `created_at` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Nobody knows from when on those of before were: as if from now on, so that none is forgotten too soon.
UPDATE `webhook_versions` SET `created_at` = unixepoch() * 1000;
