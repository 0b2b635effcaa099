export { rehearseRenewal, renewCertificates } from './certbot.ts'
export { certbotCertificate, certificateFiles, nginxRenewalHook } from './certificate.ts'
export { certbotPlaces } from './places.ts'
export { listCertificates, type StoredCertificate } from './stored-certificates.ts'
