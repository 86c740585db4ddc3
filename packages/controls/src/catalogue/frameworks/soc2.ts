import { type Framework } from '../framework.ts';

export const soc2: Framework = {
  name: 'SOC2',
  controls: [
    { id: 'C-0260', name: 'Firewall (CC6.1,CC6.6,CC7.2)' },
    { id: 'C-0012', name: 'Cryptographic key management - misplaced secrets (CC6.1,CC6.6,CC6.7)' },
    { id: 'C-0186', name: 'Cryptographic key management - minimize access to secrets (CC6.1,CC6.6,CC6.7)' },
    { id: 'C-0035', name: 'Access restriction to infrastructure - admin access (CC6.1 ,CC6.2, CC6.7, CC6.8)' },
    { id: 'C-0067', name: 'Event logging (CC6.8,CC7.1,CC7.2)' },
    { id: 'C-0263', name: 'Data in motion encryption - Ingress is TLS encrypted (CC6.1,CC6.6,CC6.7)' },
    { id: 'C-0264', name: 'Data in rest encryption - Persistent Volumes are encrypted (CC1.1,CC6.7)' },
  ],
};
