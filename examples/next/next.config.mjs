export default { serverExternalPackages: ['clowder'] }
