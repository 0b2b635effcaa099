export const ecosystemPath = (user: string) => `/etc/pm2/${user}.config.cjs`
