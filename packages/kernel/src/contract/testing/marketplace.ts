import { readContract } from '../index.ts'

const everywhere = ['staging', 'production']
const about = { en: 'What it is for.', fr: 'À quoi elle sert.' }
const needed = (more: object = {}) => ({ about, required: everywhere, ...more })
const secret = (more: object = {}) => needed({ secret: true, minLength: 16, ...more })
const chosen = (more: object = {}) => ({ about, ...more })

/** The variables that a marketplace of the house's kind must have in production. */
export const marketplace = {
  variables: {
    DATABASE_URL: needed({ format: 'postgres-url', secret: true, example: 'postgres://app:changeme@db:5432/app' }),
    SHADOW_DATABASE_URL: needed({ format: 'postgres-url', secret: true }),
    REDIS_URL: needed({ format: 'redis-url', secret: true }),
    MOCK_REDIS: { about, format: 'boolean', constant: { production: false }, default: { local: true } },
    JWT_SECRET: secret({ minLength: 32, example: '<64 random characters>' }),
    COOKIE_SECRET: secret({ minLength: 32 }),
    UPLOAD_ANTIVIRUS: { about, format: 'boolean', constant: { production: 'true' } },
    CLAMAV_HOST: chosen({ format: 'host', required: { when: { UPLOAD_ANTIVIRUS: 'true' } } }),
    CLAMAV_PORT: chosen({ format: 'port', required: { when: { UPLOAD_ANTIVIRUS: 'true' } } }),
    SMTP_HOST: needed({ format: 'host' }),
    SMTP_PORT: needed({ format: 'port' }),
    SMTP_USER: needed(),
    SMTP_PASS: secret({ minLength: 12 }),
    SMTP_FROM: needed({ format: 'email' }),
    SMS_PROVIDER: chosen(),
    TWILIO_ACCOUNT_SID: chosen({ pattern: '^AC[0-9a-f]{32}$' }),
    TWILIO_AUTH_TOKEN: chosen({ secret: true, format: 'hex' }),
    TWILIO_FROM: chosen({ pattern: '\\+[0-9]{6,15}' }),
    VONAGE_API_KEY: chosen({ format: 'hex' }),
    VONAGE_API_SECRET: chosen({ secret: true, minLength: 16 }),
    VONAGE_FROM: chosen(),
    STRIPE_SECRET_KEY: secret({ pattern: { production: 'sk_live_[A-Za-z0-9]{16,120}' } }),
    STRIPE_WEBHOOK_SECRET: secret({ pattern: 'whsec_[A-Za-z0-9]{16,120}' }),
    KYC_PROVIDER: needed({ oneOf: ['stripe_identity', 'onfido'] }),
    KYC_API_KEY: secret(),
    COOKIE_DOMAIN: needed({ format: 'host', notExample: ['production'], example: 'app.example.com' }),
    SENTRY_DSN: needed({ format: 'url', secret: true }),
    METRICS_TOKEN: secret(),
    ADMIN_IP_ALLOWLIST: needed({ format: 'ip-list' }),
    CORS_ORIGINS: needed({ format: 'https-origins', default: { local: 'http://localhost:5173' } }),
    HSTS_ENABLED: { about, format: 'boolean', constant: { production: true } },
    HSTS_MAX_AGE: chosen({ format: 'integer', min: 1, required: { when: { HSTS_ENABLED: 'true' } } }),
    TRUST_PROXY: { about, format: 'integer', min: 0, constant: { production: 1 }, default: { local: 0, staging: 1 } },
    APP_BASE_URL: needed({ format: 'https-url' }),
    BOOKING_ZONE: { about, format: 'zone', default: 'Africa/Casablanca' },
    ACCESS_LIFE: { about, format: 'duration', min: 60_000, default: '15m' },
  },
  eitherOr: [
    {
      ...{ by: 'SMS_PROVIDER', required: ['production'] },
      anyOf: {
        twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
        vonage: ['VONAGE_API_KEY', 'VONAGE_API_SECRET', 'VONAGE_FROM'],
      },
    },
  ],
}

export const marketplaceContract = () => readContract(structuredClone(marketplace))

/** Values that production accepts. */
export const inProduction: Record<string, string> = {
  DATABASE_URL: 'postgres://khadamat:q8Zr2mWv7tLx@10.0.0.5:5432/khadamat?sslmode=require',
  SHADOW_DATABASE_URL: 'postgresql://khadamat:q8Zr2mWv7tLx@10.0.0.5/khadamat_shadow',
  REDIS_URL: 'rediss://:n4Kd9sQe2YbU@10.0.0.6:6379/0',
  MOCK_REDIS: 'false',
  JWT_SECRET: 'Vb3nQ8zLw1Xr6TyK0pJd5FhGm2sCe9Ua7RiN4oZq',
  COOKIE_SECRET: 'pK7wZ2mVx9Lq4RtY1sNd8FbGj3hCe6Ua5TiQ0oWn',
  UPLOAD_ANTIVIRUS: 'true',
  CLAMAV_HOST: 'clamav.internal',
  CLAMAV_PORT: '3310',
  SMTP_HOST: 'smtp.fastmail.com',
  SMTP_PORT: '587',
  SMTP_USER: 'notify@khadamat.ma',
  SMTP_PASS: 'w7Yq2Lz9Xk4Rt1',
  SMTP_FROM: 'Khadamat <notify@khadamat.ma>',
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: 'AC0f3a9c1be57d2846a0f3c91be57d2846',
  TWILIO_AUTH_TOKEN: '9b1f7c3e5a0d2846f19c3b7e5a0d2468',
  TWILIO_FROM: '+212600112233',
  STRIPE_SECRET_KEY: 'sk_live_51Hq8zLw1Xr6TyK0pJd5Fh',
  STRIPE_WEBHOOK_SECRET: 'whsec_Gm2sCe9Ua7RiN4oZqVb3nQ8z',
  KYC_PROVIDER: 'stripe_identity',
  KYC_API_KEY: 'Lq4RtY1sNd8FbGj3hCe6',
  COOKIE_DOMAIN: 'khadamat.ma',
  SENTRY_DSN: 'https://7f3c9e1b5a0d2846@o42.ingest.sentry.io/77',
  METRICS_TOKEN: 'Xr6TyK0pJd5FhGm2sCe9Ua7R',
  ADMIN_IP_ALLOWLIST: '41.248.10.7, 10.8.0.0/16,2001:db8::/48',
  CORS_ORIGINS: 'https://khadamat.ma,https://www.khadamat.ma',
  HSTS_ENABLED: 'true',
  HSTS_MAX_AGE: '31536000',
  TRUST_PROXY: '1',
  APP_BASE_URL: 'https://khadamat.ma',
}
