CREATE TABLE `secrets` (
	`name` text PRIMARY KEY,
	`version` integer NOT NULL,
	`servers` text,
	`key_version` integer NOT NULL,
	`nonce` text NOT NULL,
	`ciphertext` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `runners` ADD `seal_key` text;--> statement-breakpoint
ALTER TABLE `runners` ADD `runner_seal_key` text;--> statement-breakpoint
CREATE INDEX `secrets_by_key` ON `secrets` (`key_version`,`name`);